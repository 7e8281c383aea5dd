package lang

import (
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// Shape is the form of the find clause.
type Shape uint8

// The shapes, in the order of the exported ones of package queries.
const (
	Relation   Shape = iota // :find ?a ?b
	Collection              // :find [?a ...]
	Tuple                   // :find [?a ?b]
	Scalar                  // :find ?a .
)

// Query is a parsed query.
type Query struct {
	Pos     edn.Pos
	Shape   Shape
	Find    []Element
	With    []Var
	Keys    []edn.Value // one a find element, of one kind, when rows are to be maps
	In      []Binding
	Where   []Clause
	Having  []Having
	Order   []Order
	Offset  int
	Limit   int // -1: all
	Timeout time.Duration
	Args    []edn.Value       // of the argument-map form
	Sources map[string]string // of the argument-map form: source name to what it names

	withPos edn.Pos
}

// Element is one part of the find clause: a variable, an aggregate or a pull.
type Element struct {
	Pos  edn.Pos
	Text string // as printed: the name of the column
	Var  Var

	Aggregate *fn.Aggregate // nil: not an aggregate
	Args      []Term        // of the aggregate, before the variable

	Pull    bool
	Source  string       // of the pull
	Pattern Term         // of the pull: a constant or a variable
	Tree    *PullPattern // what the constant says
}

// Order is one key that rows are sorted by.
type Order struct {
	Column int
	Desc   bool
}

// Having is a predicate over a group of rows.
type Having struct {
	Pos  edn.Pos
	Call Call // its arguments are the values of Args
	Args []HavingArg
}

// HavingArg is a constant or a find element; the element need not be in the find clause when it is an aggregate.
type HavingArg struct {
	Const   edn.Value
	Element *Element // nil: the constant
}

// Ordered tells whether the user asked for an order or a part of the rows.
func (q *Query) Ordered() bool {
	return len(q.Order) > 0 || q.Offset > 0 || q.Limit >= 0
}

// Aggregates tells whether rows are grouped.
func (q *Query) Aggregates() bool {
	for _, e := range q.Find {
		if e.Aggregate != nil {
			return true
		}
	}
	return len(q.Having) > 0
}

// Rows lists the variables whose distinct values are the rows before
// aggregation: those of find, of the arguments of aggregates, of having, of with.
func (q *Query) Rows() []Var {
	var vars []Var
	for _, e := range q.elements() {
		vars = appendElement(vars, e)
	}
	return appendVars(vars, q.With)
}

// elements are those of find and having.
func (q *Query) elements() []Element {
	all := slices.Clone(q.Find)
	for _, h := range q.Having {
		for _, a := range h.Args {
			if a.Element != nil {
				all = append(all, *a.Element)
			}
		}
	}
	return all
}

func appendElement(vars []Var, e Element) []Var {
	vars = AppendVar(vars, e.Var)
	for _, t := range append(e.Args[:len(e.Args):len(e.Args)], e.Pattern) {
		if t.Kind == Variable {
			vars = AppendVar(vars, t.Var)
		}
	}
	return vars
}
