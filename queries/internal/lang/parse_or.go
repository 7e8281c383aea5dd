package lang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

func parseNot(form edn.Value, items []edn.Value, source string) (Clause, error) {
	body, err := parseClauses(items, source)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, Refuse(Syntax, form.Pos(), "%v denies nothing", form)
	}
	return &Not{Pos: form.Pos(), Body: body}, nil
}

func parseNotJoin(form edn.Value, items []edn.Value, source string) (Clause, error) {
	required, join, err := joinVars(form, items)
	if err != nil {
		return nil, err
	}
	c, err := parseNot(form, items[1:], source)
	if err != nil {
		return nil, err
	}
	not := c.(*Not)
	not.Explicit, not.Join = true, append(required, join...)
	return not, contained(not.Join, not.Body, form, UnknownVar)
}

// contained checks that every variable of a not-join or or-join is used in the clauses.
func contained(join []Var, body []Clause, form edn.Value, code string) error {
	inside := BodyVars(nil, body)
	for _, v := range join {
		if !slices.Contains(inside, v) {
			return Refuse(code, form.Pos(), "%s is not used in a branch of %v", v, form)
		}
	}
	return nil
}

// joinVars reads [?x ?y] and [[?required] ?x].
func joinVars(form edn.Value, items []edn.Value) (required, join []Var, err error) {
	bad := Refuse(Syntax, form.Pos(), "%v has no variables to join by", form).Try("(or-join [?x ?y] …)")
	if len(items) == 0 || items[0].Kind() != edn.Vector && items[0].Kind() != edn.List || len(items[0].Items()) == 0 {
		return nil, nil, bad
	}
	return headVars(items[0].Items())
}

// headVars reads variables, the first of which may be a vector of required ones.
func headVars(items []edn.Value) (required, free []Var, err error) {
	for i, item := range items {
		if i == 0 && (item.Kind() == edn.Vector || item.Kind() == edn.List) {
			if _, required, err = headVars(item.Items()); err != nil {
				return nil, nil, err
			}
			continue
		}
		v, ok := asVar(item)
		if !ok {
			return nil, nil, Refuse(Syntax, item.Pos(), "%v is no variable", item)
		}
		if slices.Contains(required, v) || slices.Contains(free, v) {
			return nil, nil, Refuse(Syntax, item.Pos(), "%s is given twice", v)
		}
		free = append(free, v)
	}
	return required, free, nil
}

func parseBranches(form edn.Value, items []edn.Value, source string) ([][]Clause, error) {
	var branches [][]Clause
	for _, item := range items {
		body, err := parseClause(item, source)
		if err != nil {
			return nil, err
		}
		branches = append(branches, body)
	}
	if len(branches) == 0 {
		return nil, Refuse(Syntax, form.Pos(), "%v has no branches", form)
	}
	return branches, nil
}

func parseOr(form edn.Value, items []edn.Value, source string) (Clause, error) {
	branches, err := parseBranches(form, items, source)
	if err != nil {
		return nil, err
	}
	or := &Or{Pos: form.Pos(), Branches: branches, Join: BodyVars(nil, branches[0])}
	for _, b := range branches[1:] {
		if vars := BodyVars(nil, b); !sameVars(vars, or.Join) {
			return nil, Refuse(OrVarsMismatch, form.Pos(), "the branches of or have different variables, %s and %s", list(or.Join), list(vars)).
				Try("name the shared ones: (or-join [%s] …)", list(shared(or.Join, vars)))
		}
	}
	return or, nil
}

func parseOrJoin(form edn.Value, items []edn.Value, source string) (Clause, error) {
	required, join, err := joinVars(form, items)
	if err != nil {
		return nil, err
	}
	branches, err := parseBranches(form, items[1:], source)
	if err != nil {
		return nil, err
	}
	for _, b := range branches {
		if err := contained(append(slices.Clone(required), join...), b, form, OrVarsMismatch); err != nil {
			return nil, err
		}
	}
	return &Or{Pos: form.Pos(), Explicit: true, Required: required, Join: join, Branches: branches}, nil
}

func sameVars(a, b []Var) bool { return len(a) == len(b) && len(shared(a, b)) == len(a) }

func shared(a, b []Var) []Var {
	var both []Var
	for _, v := range a {
		if slices.Contains(b, v) {
			both = append(both, v)
		}
	}
	return both
}

func list(vars []Var) string {
	if len(vars) == 0 {
		return "none"
	}
	return strings.Trim(fmt.Sprint(vars), "[]")
}
