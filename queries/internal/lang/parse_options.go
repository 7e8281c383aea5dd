package lang

import (
	"math"
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// parseOptions reads :offset, :limit, :timeout and :order-by.
func (q *Query) parseOptions(s *sections) error {
	var err error
	if q.Offset, err = s.number("offset", "rows", 0); err != nil {
		return err
	}
	if q.Limit, err = s.number("limit", "rows", -1); err != nil {
		return err
	}
	ms, err := s.number("timeout", "milliseconds", 0)
	if err != nil {
		return err
	}
	q.Timeout = time.Duration(ms) * time.Millisecond
	return q.parseOrder(s)
}

// number is the section's one number, or none when it is absent, nil or -1.
func (s *sections) number(name, unit string, none int) (int, error) {
	v, ok, err := s.value(name)
	if err != nil || !ok || v.IsNil() || v.Kind() == edn.Int && v.Int() == -1 {
		return none, err
	}
	if v.Kind() != edn.Int || v.Int() < 0 || v.Int() > math.MaxInt32 {
		return none, Refuse(Syntax, v.Pos(), ":%s wants a number of %s, not %v", name, unit, v)
	}
	return int(v.Int()), nil
}

// parseOrder reads :order-by: find elements or column numbers, each followed by :asc or :desc or neither.
func (q *Query) parseOrder(s *sections) error {
	var items []edn.Value
	if many, ok := s.many["order-by"]; ok {
		items = many
	} else if v, ok := s.one["order-by"]; ok && !v.IsNil() {
		items = []edn.Value{v}
	}
	for _, item := range flat(items) {
		if desc := item.Is(":desc"); desc || item.Is(":asc") {
			if len(q.Order) == 0 {
				return Refuse(Syntax, item.Pos(), "%v follows no column", item).Try(":order-by [?x :desc]")
			}
			q.Order[len(q.Order)-1].Desc = desc
			continue
		}
		if item.Kind() == edn.Keyword {
			return Refuse(Syntax, item.Pos(), "%v is no direction", item).Try(":asc or :desc")
		}
		column, err := q.column(item)
		if err != nil {
			return err
		}
		q.Order = append(q.Order, Order{Column: column})
	}
	return nil
}

// flat takes the items out of vectors: [[?a :desc] [?b]] is as good as [?a :desc ?b].
func flat(items []edn.Value) []edn.Value {
	var out []edn.Value
	for _, item := range items {
		if item.Kind() == edn.Vector {
			out = append(out, flat(item.Items())...)
			continue
		}
		out = append(out, item)
	}
	return out
}

// column is the number of the column that a form names.
func (q *Query) column(form edn.Value) (int, error) {
	if form.Kind() == edn.Int {
		if n := form.Int(); n >= 0 && n < int64(len(q.Find)) {
			return int(n), nil
		}
		return 0, Refuse(UnknownVar, form.Pos(), "there is no column %v, :find has %d", form, len(q.Find)).Try("the first column is 0")
	}
	at := slices.IndexFunc(q.Find, func(e Element) bool { return e.Text == form.String() })
	if at < 0 {
		return 0, Refuse(UnknownVar, form.Pos(), "%v is not in :find, so rows cannot be sorted by it", form).Try("add %v to :find", form).maybe(form.String(), q.columns())
	}
	return at, nil
}

func (q *Query) columns() []string {
	var texts []string
	for _, e := range q.Find {
		texts = append(texts, e.Text)
	}
	return texts
}

// parseHaving reads predicates over groups: [(> (count ?e) 1)], one or a vector of them.
func (q *Query) parseHaving(s *sections) error {
	items, ok, err := s.list("having")
	if err != nil || !ok {
		return err
	}
	if len(items) == 1 && items[0].Kind() == edn.Vector && len(items[0].Items()) > 0 && items[0].Items()[0].Kind() == edn.Vector {
		items = items[0].Items()
	}
	if len(items) > 0 && items[0].Kind() == edn.List {
		items = []edn.Value{edn.MakeVector(items...)}
	}
	for _, item := range items {
		h, err := q.parseHavingClause(item)
		if err != nil {
			return err
		}
		q.Having = append(q.Having, h)
	}
	return nil
}

func (q *Query) parseHavingClause(form edn.Value) (Having, error) {
	h := Having{Pos: form.Pos()}
	if form.Kind() != edn.Vector || len(form.Items()) != 1 || form.Items()[0].Kind() != edn.List || len(form.Items()[0].Items()) == 0 {
		return h, Refuse(Syntax, form.Pos(), "%v is no predicate over groups", form).Try("[(> (count ?e) 1)]")
	}
	items := slices.Clone(form.Items()[0].Items())
	for i, item := range items[1:] {
		arg, err := q.havingArg(item)
		if err != nil {
			return h, err
		}
		h.Args = append(h.Args, arg)
		items[i+1] = edn.MakeVector().At(item.Pos()) // its place is taken by the value
	}
	call, err := parseCall(edn.MakeList(items...).At(form.Pos()))
	call.Text = form.Items()[0].String()
	h.Call = call
	return h, err
}

// havingArg reads a constant, a variable of :find or an aggregate.
func (q *Query) havingArg(form edn.Value) (HavingArg, error) {
	if _, isVar := asVar(form); !isVar && form.Kind() != edn.List {
		return HavingArg{Const: form}, nil
	}
	e, err := parseElement(form)
	if err != nil {
		return HavingArg{}, err
	}
	found := slices.ContainsFunc(q.Find, func(f Element) bool { return f.Aggregate == nil && f.Var == e.Var })
	if e.Pull || e.Aggregate == nil && !found {
		return HavingArg{}, Refuse(UnknownVar, form.Pos(), "%v is no variable of :find and no aggregate", form).maybe(form.String(), q.columns())
	}
	return HavingArg{Element: &e}, nil
}

// parseBasis reads what an argument map says of the inputs.
func (q *Query) parseBasis(s *sections) error {
	args, _, err := s.list("args")
	if err != nil {
		return err
	}
	q.Args = args
	m, ok := s.one["sources"]
	if !ok {
		return nil
	}
	if m.Kind() != edn.Map {
		return Refuse(Syntax, m.Pos(), ":sources wants a map, not a %v", m.Kind()).Try(`{$a "main" $b "at/2026-09-30"}`)
	}
	q.Sources = map[string]string{}
	for pairs := m.Items(); len(pairs) > 1; pairs = pairs[2:] {
		if !isSource(pairs[0]) || pairs[1].Kind() != edn.String && pairs[1].Kind() != edn.Symbol {
			return Refuse(Syntax, pairs[0].Pos(), ":sources wants the name of a source and where it is, not %v %v", pairs[0], pairs[1])
		}
		if !slices.ContainsFunc(q.In, func(b Binding) bool { return b.Kind == BindSource && b.Name == pairs[0].Text() }) {
			return q.unknownSource(pairs[0].Text(), pairs[0].Pos())
		}
		q.Sources[pairs[0].Text()] = pairs[1].Text()
	}
	return nil
}
