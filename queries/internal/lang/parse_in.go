package lang

import (
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// asVar is the variable that a form is.
func asVar(form edn.Value) (Var, bool) {
	if form.Kind() == edn.Symbol && strings.HasPrefix(form.Text(), "?") {
		return Var(form.Text()), true
	}
	return "", false
}

func isSource(form edn.Value) bool {
	return form.Kind() == edn.Symbol && strings.HasPrefix(form.Text(), "$")
}

// parseIn reads :in; without it a query asks one source.
func (q *Query) parseIn(s *sections) error {
	items, ok, err := s.list("in")
	if err != nil {
		return err
	}
	if !ok {
		q.In = []Binding{{Kind: BindSource, Name: "$", Text: "$", Pos: s.pos}}
		return nil
	}
	seen := map[string]bool{}
	for _, item := range items {
		b, err := parseInput(item)
		if err != nil {
			return err
		}
		for _, name := range b.names() {
			if seen[name] {
				return Refuse(Syntax, item.Pos(), "%s is in :in twice", name)
			}
			seen[name] = true
		}
		q.In = append(q.In, b)
	}
	return nil
}

// names are the variables, the source or the rules that an input gives.
func (b Binding) names() []string {
	switch b.Kind {
	case BindSource:
		return []string{b.Name}
	case BindRules:
		return []string{"%"}
	}
	var names []string
	for _, v := range b.Vars(nil) {
		names = append(names, string(v))
	}
	return names
}

func parseInput(form edn.Value) (Binding, error) {
	switch {
	case isSource(form):
		return Binding{Kind: BindSource, Name: form.Text(), Text: form.Text(), Pos: form.Pos()}, nil
	case form.Is("%"):
		return Binding{Kind: BindRules, Text: "%", Pos: form.Pos()}, nil
	case plainSymbol(form):
		return Binding{Kind: BindVar, Var: Var(form.Text()), Text: form.Text(), Pos: form.Pos()}, nil
	}
	return parseBinding(form)
}

// parseBinding reads ?x, _, [item ...], [a b] and [[a b]].
func parseBinding(form edn.Value) (Binding, error) {
	b := Binding{Pos: form.Pos(), Text: form.String()}
	if v, ok := asVar(form); ok {
		b.Kind, b.Var = BindVar, v
		return b, nil
	}
	if form.Is("_") {
		return b, nil
	}
	items := form.Items()
	if form.Kind() != edn.Vector && form.Kind() != edn.List || len(items) == 0 {
		return b, Refuse(Syntax, form.Pos(), "%v binds nothing", form).Try("?x, [?x ...], [?x ?y] or [[?x ?y]]")
	}
	b.Kind = BindTuple
	switch {
	case len(items) == 2 && items[1].Is("..."):
		b.Kind, items = BindCollection, items[:1]
	case len(items) == 1 && (items[0].Kind() == edn.Vector || items[0].Kind() == edn.List):
		b.Kind = BindCollection
	}
	for _, item := range items {
		inner, err := parseBinding(item)
		if err != nil {
			return b, err
		}
		b.Items = append(b.Items, inner)
	}
	return b, nil
}
