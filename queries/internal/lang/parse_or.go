package lang

import (
	"slices"

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
	inside := BodyVars(nil, not.Body)
	for _, v := range not.Join {
		if !slices.Contains(inside, v) {
			return nil, unknownVar(v, form.Pos(), inside, "%s is not used in %v", v, form)
		}
	}
	return not, nil
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
	or := &Or{Pos: form.Pos(), Branches: branches}
	for _, b := range branches {
		or.Join = BodyVars(or.Join, b)
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
	return &Or{Pos: form.Pos(), Explicit: true, Required: required, Join: join, Branches: branches}, nil
}
