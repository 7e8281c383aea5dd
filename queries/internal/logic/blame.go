package logic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

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
