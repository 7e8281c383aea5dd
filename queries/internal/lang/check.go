package lang

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// check refuses what is wrong whatever the inputs are.
func (q *Query) check() error {
	if err := checkNesting(q.Where, 1); err != nil {
		return err
	}
	known := BodyVars(q.inputVars(), q.Where)
	if err := q.checkFound(known); err != nil {
		return err
	}
	for _, e := range q.Find {
		if e.Pull && !slices.Contains(q.sourceNames(), e.Source) {
			return q.unknownSource(e.Source, e.Pos)
		}
	}
	return q.checkSources(q.Where)
}

// inputVars are the variables that :in binds.
func (q *Query) inputVars() []Var {
	var vars []Var
	for _, b := range q.In {
		vars = b.Vars(vars)
	}
	return vars
}

const notBound = "%s occurs neither in :where nor in :in"

// checkFound checks that what is found, and what rows are kept apart by, occurs somewhere.
func (q *Query) checkFound(known []Var) error {
	for _, e := range q.elements() {
		for _, v := range appendElement(nil, e) {
			if !slices.Contains(known, v) {
				return unknownVar(v, e.Pos, known, notBound, v)
			}
		}
	}
	for _, v := range q.With {
		if !slices.Contains(known, v) {
			return unknownVar(v, q.withPos, known, notBound, v)
		}
	}
	return nil
}

// unknownVar refuses a variable, with the nearest of those that are known.
func unknownVar(v Var, pos edn.Pos, known []Var, format string, args ...any) error {
	var names []string
	for _, k := range known {
		names = append(names, string(k))
	}
	return Refuse(UnknownVar, pos, format, args...).maybe(string(v), names)
}

func (q *Query) sourceNames() []string {
	var names []string
	for _, b := range q.In {
		if b.Kind == BindSource {
			names = append(names, b.Name)
		}
	}
	return names
}

func (q *Query) unknownSource(name string, pos edn.Pos) error {
	e := Refuse(UnknownSource, pos, "the source %s is not in :in", name)
	if near := Nearest(name, q.sourceNames()); near != "" {
		return e.Try("did you mean %s?", near)
	}
	return e.Try(":in %s …", name)
}

// checkSources checks that clauses ask sources that :in has, and that rules were given.
func (q *Query) checkSources(body []Clause) error {
	for _, c := range body {
		if err := q.checkClause(c); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) checkClause(c Clause) error {
	switch c := c.(type) {
	case *Pattern:
		return q.checkSource(c.Source, c.Pos)
	case *Predicate:
		return q.checkCall(c.Call)
	case *Function:
		return q.checkCall(c.Call)
	case *Not:
		return q.checkSources(c.Body)
	case *Or:
		for _, b := range c.Branches {
			if err := q.checkSources(b); err != nil {
				return err
			}
		}
	case *RuleCall:
		if !q.hasRules() {
			return Refuse(MissingRules, c.Pos, "%s is a rule, and the query takes no rules", c.Name).Try("%s", c.instead("add % to :in"))
		}
		return q.checkSource(c.Source, c.Pos)
	}
	return nil
}

// instead is what a clause that looks like the call of a rule may have been meant to be.
func (c *RuleCall) instead(orElse string) string {
	if _, ok := fn.Find(c.Name); ok {
		return "calls of functions stand in brackets: [(" + c.Name + " …)]"
	}
	if c.Args[0].Kind == Constant && c.Args[0].Value.Kind() == edn.Keyword {
		return "variables begin with a question mark: ?" + c.Name
	}
	return orElse
}

func (q *Query) hasRules() bool {
	return slices.ContainsFunc(q.In, func(b Binding) bool { return b.Kind == BindRules })
}

func (q *Query) checkCall(c Call) error {
	if c.Nested != nil && len(c.Args) != len(c.Nested.In) {
		return Refuse(InputArity, c.Nested.Pos, "the query inside takes %d inputs and is given %d", len(c.Nested.In), len(c.Args))
	}
	for _, t := range c.Args {
		if t.Kind == RulesName && !q.hasRules() {
			return Refuse(MissingRules, t.Pos, "the query takes no rules").Try("add %% to :in")
		}
		if t.Kind != SourceName {
			continue
		}
		if err := q.checkSource(t.Name, t.Pos); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) checkSource(name string, pos edn.Pos) error {
	if slices.Contains(q.sourceNames(), name) {
		return nil
	}
	return q.unknownSource(name, pos)
}

// maxNesting is how deep clauses may stand in each other: what no person writes, and what would take
// exponential time to check.
const maxNesting = 20

func checkNesting(body []Clause, level int) error {
	for _, c := range body {
		var inner [][]Clause
		switch c := c.(type) {
		case *Not:
			inner = [][]Clause{c.Body}
		case *Or:
			inner = c.Branches
		}
		if len(inner) > 0 && level == maxNesting {
			return Refuse(Syntax, c.At(), "clauses nest deeper than %d levels", maxNesting).Try("make a rule of what is inside")
		}
		for _, b := range inner {
			if err := checkNesting(b, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}
