package lang

import (
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

func (q *Query) parseFind(s *sections) error {
	items, ok, err := s.list("find")
	if err != nil {
		return err
	}
	if !ok || len(items) == 0 {
		return Refuse(Syntax, s.pos, "the query has no :find").Try("[:find ?e :where …]")
	}
	q.Shape, items = findShape(items)
	for _, item := range items {
		e, err := parseElement(item)
		if err != nil {
			return err
		}
		q.Find = append(q.Find, e)
	}
	return nil
}

// findShape tells the shape and the elements without what marks it.
func findShape(items []edn.Value) (Shape, []edn.Value) {
	if len(items) == 2 && items[1].Is(".") {
		return Scalar, items[:1]
	}
	if len(items) != 1 || items[0].Kind() != edn.Vector || len(items[0].Items()) == 0 {
		return Relation, items
	}
	inner := items[0].Items()
	if len(inner) == 2 && inner[1].Is("...") {
		return Collection, inner[:1]
	}
	return Tuple, inner
}

func parseElement(form edn.Value) (Element, error) {
	e := Element{Pos: form.Pos(), Text: form.String()}
	if v, ok := asVar(form); ok {
		e.Var = v
		return e, nil
	}
	items := form.Items()
	if form.Kind() != edn.List || len(items) == 0 || items[0].Kind() != edn.Symbol {
		return e, unfindable(form)
	}
	if items[0].Is("pull") {
		return parsePull(e, items[1:])
	}
	return parseAggregate(e, items[0], items[1:])
}

func unfindable(form edn.Value) *Error {
	e := Refuse(Syntax, form.Pos(), "%v cannot be found", form)
	switch {
	case form.Is(".") || form.Is("..."):
		return e.Try("%v stands behind the only element: ?x . or [?x ...]", form)
	case form.Is("_"):
		return e.Try("_ stands for any value and has none: give it a name, such as ?x, here and in :where")
	case form.Kind() == edn.Symbol:
		return e.Try("variables begin with a question mark: ?%v", form)
	}
	return e.Try("a variable, an aggregate such as (count ?x), or (pull ?e [*])")
}

// parsePull reads (pull ?e pattern) and (pull $src ?e pattern).
func parsePull(e Element, args []edn.Value) (Element, error) {
	e.Pull, e.Source = true, "$"
	if len(args) == 3 && isSource(args[0]) {
		e.Source, args = args[0].Text(), args[1:]
	}
	if len(args) != 2 {
		return e, Refuse(Syntax, e.Pos, "pull wants an entity and a pattern").Try("(pull ?e [*])")
	}
	v, ok := asVar(args[0])
	if !ok {
		return e, Refuse(Syntax, args[0].Pos(), "pull wants a variable, not %v", args[0])
	}
	e.Var = v
	e.Pattern = Term{Kind: Constant, Value: args[1], Pos: args[1].Pos()}
	if _, isVar := asVar(args[1]); isVar || plainSymbol(args[1]) && !args[1].Is("*") {
		e.Pattern = Term{Kind: Variable, Var: Var(args[1].Text()), Pos: args[1].Pos()}
		return e, nil
	}
	tree, err := ParsePull(args[1])
	e.Tree = tree
	return e, err
}

func parseAggregate(e Element, name edn.Value, args []edn.Value) (Element, error) {
	a, ok := fn.FindAggregate(name.Text())
	if !ok {
		return e, Refuse(UnknownAggregate, name.Pos(), "there is no aggregate %v", name).maybe(name.Text(), fn.AggregateNames())
	}
	e.Aggregate = a
	if n := len(args); n == 0 || n > 2 || n == 1 && !a.Plain || n == 2 && !a.Counted {
		return e, Refuse(FnArity, e.Pos, "%s has the wrong number of arguments", e.Text).Try("%s", usage(a))
	}
	last := args[len(args)-1]
	v, ok := asVar(last)
	if !ok {
		return e, Refuse(Syntax, last.Pos(), "%s wants a variable at its end, not %v", a.Name, last)
	}
	e.Var = v
	for _, arg := range args[:len(args)-1] {
		t, err := parseTerm(arg)
		if err != nil {
			return e, err
		}
		e.Args = append(e.Args, t)
	}
	return e, nil
}

func usage(a *fn.Aggregate) string {
	var forms []string
	if a.Plain {
		forms = append(forms, "("+a.Name+" ?x)")
	}
	if a.Counted {
		forms = append(forms, "("+a.Name+" 3 ?x)")
	}
	return strings.Join(forms, " or ")
}

// parseKeys reads :keys, :strs and :syms.
func (q *Query) parseKeys(s *sections) error {
	err := q.parseLabels(s, "keys", edn.MakeKeyword)
	if err == nil {
		err = q.parseLabels(s, "strs", edn.MakeString)
	}
	if err == nil {
		err = q.parseLabels(s, "syms", edn.MakeSymbol)
	}
	return err
}

func (q *Query) parseLabels(s *sections, name string, label func(string) edn.Value) error {
	items, ok, err := s.list(name)
	switch {
	case err != nil || !ok:
		return err
	case q.Keys != nil:
		return Refuse(Syntax, s.at[name], "only one of :keys, :strs and :syms can be given")
	case q.Shape == Collection || q.Shape == Scalar:
		return Refuse(ReturnMapFindForm, s.at[name], ":%s wants rows of several columns: :find ?a ?b or [?a ?b]", name)
	case len(items) != len(q.Find):
		return Refuse(ReturnMapArity, s.at[name], ":%s names %d of %d columns", name, len(items), len(q.Find))
	}
	for _, item := range items {
		if k := item.Kind(); k != edn.Symbol && k != edn.Keyword && k != edn.String {
			return Refuse(Syntax, item.Pos(), "%v cannot name a column", item)
		}
		if slices.ContainsFunc(q.Keys, func(k edn.Value) bool { return k.Text() == item.Text() }) {
			return Refuse(Syntax, item.Pos(), "two columns are called %v", item)
		}
		q.Keys = append(q.Keys, label(item.Text()))
	}
	return nil
}

func (q *Query) parseWith(s *sections) error {
	items, _, err := s.list("with")
	if err != nil {
		return err
	}
	q.withPos = s.at["with"]
	for _, item := range items {
		v, ok := asVar(item)
		if !ok {
			return Refuse(Syntax, item.Pos(), ":with wants variables, not %v", item)
		}
		q.With = AppendVar(q.With, v)
		for _, e := range q.Find {
			if e.Var == v {
				return Refuse(WithOverlapsFind, item.Pos(), "%s is in :find and in :with", v).Try("leave it out of :with")
			}
		}
	}
	return nil
}
