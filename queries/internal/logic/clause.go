package logic

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Program is a query with its inputs, ready to be run.
type Program struct {
	Query    *lang.Query
	Rows     []lang.Var // whose distinct values are the rows before aggregation
	Inputs   []Relation
	Where    []Clause
	Rules    []*Rule // that are called, the called before their callers as far as they are not recursive
	Warnings []string
	Sources  map[string]*Source
}

// Relation is what one input binds.
type Relation struct {
	Pos  edn.Pos // of the binding in :in
	Vars []lang.Var
	Rows [][]edn.Value
}

// Clause is one of Pattern, Predicate, Function, Not, Or and RuleCall.
type Clause interface{ At() edn.Pos }

// Pattern asks a source. The constants of a database's pattern are resolved: an
// entity and a transaction are ids, the value is as it is stored.
type Pattern struct {
	Pos    edn.Pos
	Source *Source
	Terms  []lang.Term
	Attr   *engine.Attribute // nil when it is not a constant, or of a collection

	// Never is set when nothing can match: the attribute does not exist (under schema
	// on read), or it cannot have the value.
	Never bool

	// Anywhere holds, when the value is a constant and the attribute is not, the value
	// as each attribute that can have it would store it.
	Anywhere map[engine.ID]engine.Value
}

// Predicate lets pass the rows for which a call is true.
type Predicate struct {
	Pos  edn.Pos
	Call Call
}

// Function binds the result of a call.
type Function struct {
	Pos  edn.Pos
	Call Call
	Out  lang.Binding
}

// Call is a function with its arguments.
type Call struct {
	Pos     edn.Pos
	Text    string
	Fn      *fn.Func
	Negate  bool
	Args    []lang.Term
	Sources []*Source   // one an argument, nil for those that are none
	Nested  *lang.Query // of q
	Rules   edn.Value   // what % stands for among the arguments of q
}

// Not lets pass the rows whose values of Join the body cannot be true for.
type Not struct {
	Pos  edn.Pos
	Join []lang.Var // bound before; all other variables of the body are its own
	Body []Clause
}

// Or binds Join to what any branch makes of it. All other variables of a branch are its own.
type Or struct {
	Pos      edn.Pos
	Required []lang.Var // among Join; bound before
	Join     []lang.Var
	Branches [][]Clause
}

// RuleCall joins the tuples of a rule.
type RuleCall struct {
	Pos  edn.Pos
	Rule *Rule
	Args []lang.Term
}

// Rule is a rule that asks one source.
type Rule struct {
	Name     string
	Source   *Source
	Required []bool // one a parameter: whether a call must have it bound
	Branches []Branch
	Group    int  // rules that call each other have the same number, those they call lower ones
	Loops    bool // calls itself, if only through others
}

// Branch is one definition of a rule.
type Branch struct {
	Pos  edn.Pos
	Head []lang.Var
	Body []Clause
}

// At is where the clause begins.
func (c *Pattern) At() edn.Pos   { return c.Pos }
func (c *Predicate) At() edn.Pos { return c.Pos }
func (c *Function) At() edn.Pos  { return c.Pos }
func (c *Not) At() edn.Pos       { return c.Pos }
func (c *Or) At() edn.Pos        { return c.Pos }
func (c *RuleCall) At() edn.Pos  { return c.Pos }

// Vars adds the variables by which a clause is joined to those around it.
func Vars(vars []lang.Var, c Clause) []lang.Var {
	switch c := c.(type) {
	case *Predicate:
		return lang.TermVars(vars, c.Call.Args)
	case *Function:
		return c.Out.Vars(lang.TermVars(vars, c.Call.Args))
	case *Not:
		return union(vars, c.Join)
	}
	return Binds(vars, c)
}

// Binds adds the variables that are bound after a clause.
func Binds(vars []lang.Var, c Clause) []lang.Var {
	switch c := c.(type) {
	case *Pattern:
		return lang.TermVars(vars, c.Terms)
	case *Function:
		return c.Out.Vars(vars)
	case *Or:
		return union(vars, c.Join)
	case *RuleCall:
		return lang.TermVars(vars, c.Args)
	}
	return vars
}

// bodyVars adds all variables of clauses.
func bodyVars(vars []lang.Var, body []Clause) []lang.Var {
	for _, c := range body {
		vars = Vars(vars, c)
	}
	return vars
}

func union(vars, more []lang.Var) []lang.Var {
	for _, v := range more {
		vars = lang.AppendVar(vars, v)
	}
	return vars
}

func intersect(a, b []lang.Var) []lang.Var {
	var both []lang.Var
	for _, v := range a {
		if slices.Contains(b, v) {
			both = append(both, v)
		}
	}
	return both
}
