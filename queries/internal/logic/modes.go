package logic

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Bound is a set of variables that have values.
type Bound map[lang.Var]bool

// With is the set with vars added.
func (b Bound) With(vars ...lang.Var) Bound {
	next := make(Bound, len(b)+len(vars))
	for v := range b {
		next[v] = true
	}
	for _, v := range vars {
		next[v] = true
	}
	return next
}

// lacks lists those of vars that are not in the set.
func (b Bound) lacks(vars []lang.Var) []lang.Var {
	return slices.DeleteFunc(slices.Clone(vars), func(v lang.Var) bool { return b[v] })
}

// Ready tells whether a clause can be run once these variables are bound.
func Ready(c Clause, bound Bound) bool { return len(missing(c, bound)) == 0 }

// missing lists the variables that must be bound before the clause can be run.
func missing(c Clause, bound Bound) []lang.Var {
	switch c := c.(type) {
	case *Predicate:
		return bound.lacks(lang.TermVars(nil, c.Call.Args))
	case *Function:
		return bound.lacks(lang.TermVars(nil, c.Call.Args))
	case *Not:
		return bound.lacks(c.Join)
	case *Or:
		return missingOr(c, bound)
	case *RuleCall:
		var vars []lang.Var
		for i, t := range c.Args {
			switch {
			case !c.Rule.Required[i]:
			case t.Kind == lang.Variable:
				vars = lang.AppendVar(vars, t.Var)
			case t.Kind == lang.Blank:
				vars = lang.AppendVar(vars, "_")
			}
		}
		return bound.lacks(vars)
	}
	return nil
}

// missingOr lists what the branches cannot bind by themselves.
func missingOr(c *Or, bound Bound) []lang.Var {
	all := bound.lacks(c.Required)
	var entry []lang.Var
	for _, v := range c.Join {
		if bound[v] {
			entry = append(entry, v)
		}
	}
	for _, b := range c.Branches {
		after, left := simulate(b, Bound{}.With(entry...))
		for _, s := range left {
			all = union(all, s.lacks)
		}
		all = union(all, after.lacks(c.Join))
	}
	return all
}

// stuck is a clause that cannot be run, and the variables that it lacks.
type stuck struct {
	clause Clause
	lacks  []lang.Var
}

// simulate runs the clauses that can be run, in any order, and returns what is
// bound then and which are left.
func simulate(body []Clause, bound Bound) (after Bound, left []stuck) {
	for todo := body; ; {
		left = nil
		var again []Clause
		for _, c := range todo {
			if lacks := missing(c, bound); len(lacks) > 0 {
				left, again = append(left, stuck{c, lacks}), append(again, c)
				continue
			}
			bound = bound.With(Binds(nil, c)...)
		}
		if len(again) == 0 || len(again) == len(todo) {
			return bound, left
		}
		todo = again
	}
}

// Runs tells whether some order can run all of the clauses.
func Runs(body []Clause, bound Bound) bool {
	_, left := simulate(body, bound)
	return len(left) == 0
}

// checkBody refuses clauses that no order can run.
func checkBody(body []Clause, bound Bound) error {
	after, left := simulate(body, bound)
	if len(left) > 0 {
		return insufficient(culprit(left), after)
	}
	for _, c := range body {
		if err := checkInside(c, after); err != nil {
			return err
		}
	}
	return nil
}

// checkInside checks the clauses inside of a clause that can be run itself.
func checkInside(c Clause, bound Bound) error {
	switch c := c.(type) {
	case *Not:
		if vars := bodyVars(nil, c.Body); len(c.Join) == 0 && len(vars) > 0 {
			return insufficient(stuck{c, vars}, bound)
		}
		return checkBody(c.Body, Bound{}.With(c.Join...))
	case *Or:
		for _, b := range c.Branches {
			if err := checkBody(b, Bound{}.With(intersect(c.Join, keys(bound))...)); err != nil {
				return err
			}
		}
	}
	return nil
}

func keys(b Bound) []lang.Var {
	var vars []lang.Var
	for v := range b {
		vars = append(vars, v)
	}
	return vars
}
