package logic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
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

// culprit is the clause to tell of, which must not depend on the order: an or that lacks what it alone
// could bind, else one that is no such or, else the first.
func culprit(left []stuck) stuck {
	other := -1
	for i, s := range left {
		or, ok := s.clause.(*Or)
		v, uneven := lang.Var(""), false
		if ok {
			v, uneven = or.uneven(s.lacks)
		}
		switch {
		case !uneven && other < 0:
			other = i
		case uneven && !bindsAny(left, i, v):
			return s
		}
	}
	return left[max(other, 0)]
}

// bindsAny tells whether a stuck clause other than the one at i binds v.
func bindsAny(left []stuck, i int, v lang.Var) bool {
	for j, s := range left {
		if j != i && slices.Contains(Binds(nil, s.clause), v) {
			return true
		}
	}
	return false
}

// insufficient refuses a clause that lacks variables. known are those that are bound without it.
func insufficient(s stuck, known Bound) error {
	what := "this clause"
	switch c := s.clause.(type) {
	case *Predicate:
		what = c.Call.Text
	case *Function:
		what = c.Call.Text
	case *Not:
		what = "not"
	case *Or:
		if v, ok := c.uneven(s.lacks); ok {
			return lang.Refuse(lang.OrVarsMismatch, c.Pos, "the branches of or have different variables: %s is not in all of them, and nothing else binds it", name(v)).
				Try("name the shared ones: (or-join [%s] …)", list(c.shared()))
		}
		what = "or"
	case *RuleCall:
		what = "the rule " + c.Rule.Name
	}
	return unbound(s.clause.At(), s.lacks, what, known)
}

// uneven finds the first of vars that a branch does not have.
func (c *Or) uneven(vars []lang.Var) (lang.Var, bool) {
	for _, v := range vars {
		for _, b := range c.Branches {
			if !slices.Contains(bodyVars(nil, b), v) {
				return v, true
			}
		}
	}
	return "", false
}

// shared are the variables that all branches have.
func (c *Or) shared() []lang.Var {
	vars := c.Join
	for _, b := range c.Branches {
		vars = intersect(vars, bodyVars(nil, b))
	}
	return vars
}

func list(vars []lang.Var) string { return strings.Trim(fmt.Sprint(vars), "[]") }

// name is the variable as written, for one that stands for the entity it names.
func name(v lang.Var) lang.Var {
	written, _, _ := strings.Cut(string(v), "@")
	return lang.Var(written)
}

// minNear is the length of names below which one letter makes another name and no slip.
const minNear = 4

func unbound(pos edn.Pos, vars []lang.Var, what string, known Bound) error {
	slices.Sort(vars)
	v := name(vars[0])
	e := lang.Refuse(lang.Insufficient, pos, "insufficient bindings: nothing binds %s, which %s needs", v, what)
	var names []string
	for k := range known {
		names = append(names, string(name(k)))
	}
	if near := lang.Nearest(string(v), names); near != "" && len(v) >= minNear {
		return e.Try("did you mean %s?", near)
	}
	return e.Try("add a clause or an input that gives %s its values", v)
}

// requireParameters finds out which parameters of rules must be bound by a call,
// besides those that are declared so: those that the clauses cannot bind.
func requireParameters(rules []*Rule) error {
	for changed := true; changed; {
		changed = false
		for _, r := range rules {
			for _, b := range r.Branches {
				more, err := r.require(b)
				if err != nil {
					return err
				}
				changed = changed || more
			}
		}
	}
	return nil
}

// Require finds out which parameters of one more rule must be bound, when those that it calls are known.
func Require(r *Rule) error { return requireParameters([]*Rule{r}) }

// require marks parameters as required until the branch can be run.
func (r *Rule) require(b Branch) (changed bool, err error) {
	for {
		after, left := simulate(b.Body, r.entry(b))
		var more []lang.Var
		for _, s := range left {
			if len(intersect(s.lacks, b.Head)) == len(s.lacks) {
				more = s.lacks
				break
			}
		}
		if len(left) > 0 && more == nil {
			return changed, insufficient(culprit(left), after.With(b.Head...))
		}
		if more == nil {
			more = after.lacks(b.Head)
		}
		if len(more) == 0 {
			return changed, nil
		}
		for i, v := range b.Head {
			r.Required[i] = r.Required[i] || slices.Contains(more, v)
		}
		changed = true
	}
}

// entry is what is bound when a branch begins.
func (r *Rule) entry(b Branch) Bound {
	bound := Bound{}
	for i, v := range b.Head {
		if r.Required[i] {
			bound[v] = true
		}
	}
	return bound
}
