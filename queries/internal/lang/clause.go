package lang

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// Var is the name of a variable, with its question mark, or that of a pull pattern in :in, which has none.
type Var string

// TermKind tells what stands at one place of a clause.
type TermKind uint8

// The kinds of terms.
const (
	Blank      TermKind = iota // _
	Variable                   // ?x
	Constant                   // anything that stands for itself
	SourceName                 // $ or $name, as an argument of a function
	RulesName                  // %, as an argument of q
)

// Term is one place of a clause.
type Term struct {
	Kind  TermKind
	Var   Var
	Value edn.Value // of a Constant
	Name  string    // of a source
	Pos   edn.Pos
}

// Clause is one of Pattern, Predicate, Function, Not, Or and RuleCall.
type Clause interface{ At() edn.Pos }

// Pattern is [$src e a v t op]; fewer places may be given.
type Pattern struct {
	Pos    edn.Pos
	Source string // "" in a rule: the source that the rule is called with
	Terms  []Term
}

// Predicate is [(f args…)].
type Predicate struct {
	Pos  edn.Pos
	Call Call
}

// Function is [(f args…) binding].
type Function struct {
	Pos  edn.Pos
	Call Call
	Out  Binding
}

// Call is a function with its arguments.
type Call struct {
	Text   string // as written
	Fn     *fn.Func
	Negate bool // ((complement f) …)
	Args   []Term
	Nested *Query // of q
}

// Not is (not …) or, with Explicit, (not-join [vars] …).
type Not struct {
	Pos      edn.Pos
	Explicit bool
	Join     []Var
	Body     []Clause
}

// Or is (or …) or, with Explicit, (or-join [vars] …). What a branch does not use of Join must be bound before.
type Or struct {
	Pos      edn.Pos
	Explicit bool
	Required []Var // must be bound before
	Join     []Var // the others that the branches share with the clauses around
	Branches [][]Clause
}

// RuleCall is (rule args…) or ($src rule args…).
type RuleCall struct {
	Pos    edn.Pos
	Source string // "" in a rule: the source that the rule is called with
	Name   string
	Args   []Term
}

// At is where the clause begins.
func (c *Pattern) At() edn.Pos   { return c.Pos }
func (c *Predicate) At() edn.Pos { return c.Pos }
func (c *Function) At() edn.Pos  { return c.Pos }
func (c *Not) At() edn.Pos       { return c.Pos }
func (c *Or) At() edn.Pos        { return c.Pos }
func (c *RuleCall) At() edn.Pos  { return c.Pos }

// BindingKind tells how a value is taken apart.
type BindingKind uint8

// The kinds of bindings.
const (
	BindBlank      BindingKind = iota // _
	BindVar                           // ?x
	BindCollection                    // [item ...]; [[a b]] is a collection of tuples
	BindTuple                         // [a b]
	BindSource                        // $src, only in :in
	BindRules                         // %, only in :in
)

// Binding takes a value apart.
type Binding struct {
	Kind  BindingKind
	Pos   edn.Pos
	Var   Var
	Name  string    // of a source
	Items []Binding // the item of a collection, the parts of a tuple
	Text  string    // as written
}

// AppendVar adds v to vars unless it is there or is no variable.
func AppendVar(vars []Var, v Var) []Var {
	if v == "" || slices.Contains(vars, v) {
		return vars
	}
	return append(vars, v)
}

// Vars adds the variables that the binding binds.
func (b Binding) Vars(vars []Var) []Var {
	vars = AppendVar(vars, b.Var)
	for _, item := range b.Items {
		vars = item.Vars(vars)
	}
	return vars
}

// TermVars adds the variables among terms.
func TermVars(vars []Var, terms []Term) []Var {
	for _, t := range terms {
		if t.Kind == Variable {
			vars = AppendVar(vars, t.Var)
		}
	}
	return vars
}

// ClauseVars adds the variables by which a clause is joined to those around
// it: all of them, except the ones that are private to a not-join or or-join.
func ClauseVars(vars []Var, c Clause) []Var {
	switch c := c.(type) {
	case *Pattern:
		return TermVars(vars, c.Terms)
	case *Predicate:
		return TermVars(vars, c.Call.Args)
	case *Function:
		return c.Out.Vars(TermVars(vars, c.Call.Args))
	case *RuleCall:
		return TermVars(vars, c.Args)
	case *Not:
		if c.Explicit {
			return appendVars(vars, c.Join)
		}
		return BodyVars(vars, c.Body)
	case *Or:
		return appendVars(appendVars(vars, c.Required), c.Join)
	}
	return vars
}

// BodyVars adds the variables of several clauses.
func BodyVars(vars []Var, body []Clause) []Var {
	for _, c := range body {
		vars = ClauseVars(vars, c)
	}
	return vars
}

func appendVars(vars, more []Var) []Var {
	for _, v := range more {
		vars = AppendVar(vars, v)
	}
	return vars
}
