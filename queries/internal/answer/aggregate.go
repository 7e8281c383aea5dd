package answer

import (
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// CountsOnly tells whether all that a query aggregates is plain counts. Then a
// table may have weights, and of its columns only those of the variables shown are read.
func CountsOnly(p *logic.Program) (shown []lang.Var, ok bool) {
	list := aggregates(p.Query)
	for _, e := range list {
		if e.Aggregate.Name != "count" {
			return nil, false
		}
	}
	return (&builder{}).shown(p.Query.Find), len(list) > 0
}

// aggregates lists the aggregates of find and having.
func aggregates(q *lang.Query) []lang.Element {
	var out []lang.Element
	for _, e := range q.Find {
		if e.Aggregate != nil {
			out = append(out, e)
		}
	}
	for _, h := range q.Having {
		for _, a := range h.Args {
			if a.Element != nil && a.Element.Aggregate != nil {
				out = append(out, *a.Element)
			}
		}
	}
	return out
}

// aggregate makes a row of every group of the table that having lets pass.
func (b *builder) aggregate(r *Rows) error {
	shown := b.shown(b.query.Find)
	g, err := b.group(shown)
	if err != nil {
		return err
	}
	var folded []Column
	for _, e := range aggregates(b.query) {
		c, err := b.fold(e, g)
		if err != nil {
			return err
		}
		folded = append(folded, c)
	}
	t := &grouped{builder: b, groups: g}
	for _, v := range shown {
		t.shown = append(t.shown, Column{Terms: pick(b.terms(v), g.first)})
	}
	t.folded = folded
	kept, err := t.having()
	if err != nil {
		return err
	}
	r.n, r.cols = len(g.first), t.columns()
	if kept != nil {
		r.n = len(kept)
		for i, c := range r.cols {
			r.cols[i] = Column{Terms: pick(c.Terms, kept), Values: pick(c.Values, kept)}
		}
	}
	return nil
}

// pick is the items at some places; nil of nil.
func pick[T any, N int32 | uint32](items []T, at []N) []T {
	if items == nil {
		return nil
	}
	out := make([]T, len(at))
	for i, row := range at {
		out[i] = items[row]
	}
	return out
}

// grouped is the groups as rows.
type grouped struct {
	*builder
	groups *groups
	shown  []Column // of the variables that are shown
	folded []Column // of the aggregates of find and having
}

// columns puts the columns of find in their order, and behind them those that are hidden.
func (t *grouped) columns() []Column {
	var cols []Column
	shown, folded := t.shown, t.folded
	for _, e := range t.query.Find {
		from := &shown
		if e.Aggregate != nil {
			from = &folded
		}
		cols, *from = append(cols, (*from)[0]), (*from)[1:]
	}
	return append(cols, shown...)
}

// integers makes a column of integers.
func (b *builder) integers(ns []int64) Column {
	c := Column{Terms: make([]engine.Term, len(ns))}
	for i, n := range ns {
		t, ok := engine.IntTerm(n)
		if !ok {
			t = b.table.Dict.Of(edn.MakeInt(n))
		}
		c.Terms[i] = t
	}
	return c
}

// column is where a variable of the query is among those shown.
func (t *grouped) column(v lang.Var) *Column {
	return &t.shown[slices.Index(t.builder.shown(t.query.Find), v)]
}
