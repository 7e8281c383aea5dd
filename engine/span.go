package engine

import (
	"context"
	"iter"

	"github.com/dhfs/dhfs/engine/index"
)

// span is a range of keys of one order: in what is now and, for history, in what was.
type span struct {
	attr    ID // of the trees, 0 in EAVT
	order   Index
	trees   pair
	lo, hi  []byte
	all     bool    // of the keys
	foreign Foreign // where to look instead
	want    Want

	skip uint64 // rows of what is now that are passed over, without reading them
}

// filter is what a span's keys do not decide.
type filter struct {
	e       Opt[ID]
	a       Opt[ID]
	v       Opt[Value]
	t       Opt[uint64]
	added   Opt[bool]
	after   uint64
	history bool

	standIns bool // values that live out of line are not fetched
}

// passesAll tells whether everything passes.
func (f *filter) passesAll() bool {
	return !f.e.Set && !f.a.Set && !f.v.Set && !f.t.Set && f.after == 0 &&
		(!f.added.Set || !f.history && f.added.Val)
}

func (f *filter) passes(c *Columns, i int) bool {
	return (!f.e.Set || c.E[i] == f.e.Val) &&
		(!f.a.Set || c.A == nil || c.A[i] == f.a.Val) &&
		(!f.v.Set || c.V[i] == f.v.Val) &&
		(!f.t.Set || c.T[i] == f.t.Val) &&
		c.T[i] > f.after &&
		(!f.added.Set || f.added.Val == (c.Added == nil || c.Added[i]))
}

// plan is the spans that hold all datoms that fit p, and what is still to be
// filtered. Values in it are as stored.
func (db DB) plan(p Pattern) ([]span, filter) {
	if db.s.foreign != nil {
		return db.planForeign(p)
	}
	f := db.viewFilter(p)
	if p.V.Set {
		p.V.Val, _, _ = outline(p.V.Val)
	}
	switch {
	case p.E.Set:
		return db.planEntity(p, &f), f
	case p.A.Set && p.V.Set && !p.V.Val.out:
		return db.attrSpan(AVET, p.A.Val, valuePrefix(p.V.Val), valueEnd(p.V.Val)), f
	case p.A.Set:
		f.v = p.V
		return db.attrSpan(AEVT, p.A.Val, nil, nil), f
	case p.V.Set:
		return db.planValue(p.V.Val, &f), f
	}
	return db.whole(), f
}

// whole is everything.
func (db DB) whole() []span {
	if db.s.foreign != nil {
		return db.foreignSpan(Want{})
	}
	return []span{{order: EAVT, trees: db.s.trees.eavt, all: true}}
}

// viewFilter is what the view, t and added decide, which no span does.
func (db DB) viewFilter(p Pattern) filter {
	return filter{t: p.T, added: p.Added, after: db.after, history: db.history}
}

func (db DB) planEntity(p Pattern, f *filter) []span {
	sp := span{order: EAVT, trees: db.s.trees.eavt}
	switch {
	case !p.A.Set:
		sp.lo = appendUint(nil, uint64(p.E.Val))
		f.v = p.V
	case !p.V.Set:
		sp.lo = datomPrefix(p.E.Val, p.A.Val)
	default:
		sp.lo = appendValue(datomPrefix(p.E.Val, p.A.Val), p.V.Val)
		sp.hi = append(sp.lo[:len(sp.lo):len(sp.lo)], afterValue)
		return []span{sp}
	}
	sp.hi = prefixEnd(sp.lo)
	return []span{sp}
}

// planValue looks into all attributes.
func (db DB) planValue(v Value, f *filter) []span {
	var spans []span
	for _, a := range db.s.trees.attrs {
		if v.out {
			spans = append(spans, db.attrSpan(AEVT, a.id, nil, nil)...)
		} else {
			spans = append(spans, db.attrSpan(AVET, a.id, valuePrefix(v), valueEnd(v))...)
		}
	}
	if v.out {
		f.v = Some(v)
	}
	return spans
}

// attrSpan is a range of one attribute, none when it has no datoms.
func (db DB) attrSpan(order Index, a ID, lo, hi []byte) []span {
	if db.s.foreign != nil {
		return db.foreignSpan(Want{Order: order, A: Some(a)})
	}
	t, ok := db.s.trees.attr(a)
	if !ok {
		return nil
	}
	sp := span{attr: a, order: order, trees: t.aevt, lo: lo, hi: hi, all: lo == nil && hi == nil}
	if order == AVET {
		sp.trees = t.avet
	}
	return []span{sp}
}

// count is how many datoms the span holds.
func (sp span) count(ctx context.Context, history bool) (uint64, error) {
	if sp.foreign != nil {
		return sp.foreign.Estimate(ctx, sp.wanted(history))
	}
	n, err := sp.countIn(ctx, sp.trees.now)
	if err != nil || !history {
		return n, err
	}
	was, err := sp.countIn(ctx, sp.trees.was)
	return n + was, err
}

func (sp span) countIn(ctx context.Context, t tree) (uint64, error) {
	if sp.all || t.n == 0 {
		return t.n, nil
	}
	return t.Count(ctx, sp.lo, sp.hi)
}

// batch is rows of one leaf, or several rows merged. out tells that values among
// them live out of line.
type batch struct {
	Columns
	out bool
}

// batches yields the rows of the span in key order.
func (sp span) batches(ctx context.Context, history bool) iter.Seq2[batch, error] {
	if sp.foreign != nil {
		return sp.elsewhere(ctx, history)
	}
	if history && sp.trees.was.n > 0 {
		return sp.merged(ctx)
	}
	return sp.rows(ctx, sp.trees.now)
}

func (sp span) rows(ctx context.Context, t tree) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		if t.n == 0 {
			return
		}
		runs := t.Scan(ctx, sp.lo, sp.hi)
		if sp.skip > 0 {
			runs = sp.rest(ctx, t)
		}
		for run, err := range runs {
			if err != nil {
				yield(batch{}, err)
				return
			}
			if !yield(rowsOf(run), nil) {
				return
			}
		}
	}
}

// rest is the runs of the span after the rows that are passed over.
func (sp span) rest(ctx context.Context, t tree) iter.Seq2[index.Run, error] {
	return func(yield func(index.Run, error) bool) {
		from, end, err := sp.ranks(ctx, t)
		if err != nil {
			yield(index.Run{}, err)
			return
		}
		if from += sp.skip; from >= end {
			return
		}
		for run, err := range t.At(ctx, from) {
			if left := end - from; uint64(run.Hi-run.Lo) > left {
				run.Hi = run.Lo + int(left)
			}
			from += uint64(run.Hi - run.Lo)
			if !yield(run, err) || err != nil || from == end {
				return
			}
		}
	}
}

// ranks is how many rows of the tree come before the span, and before what comes after it.
func (sp span) ranks(ctx context.Context, t tree) (from, end uint64, err error) {
	end = t.n
	if sp.lo != nil {
		from, err = t.Rank(ctx, sp.lo)
	}
	if sp.hi != nil && err == nil {
		end, err = t.Rank(ctx, sp.hi)
	}
	return from, end, err
}

func rowsOf(run index.Run) batch {
	leaf := run.Leaf.(*datomLeaf)
	return batch{leaf.slice(run.Lo, run.Hi), leaf.out}
}

// slice is rows [lo, hi), without a copy.
func (c *Columns) slice(lo, hi int) Columns {
	s := Columns{E: c.E[lo:hi], V: c.V[lo:hi], T: c.T[lo:hi]}
	if c.A != nil {
		s.A = c.A[lo:hi]
	}
	if c.Added != nil {
		s.Added = c.Added[lo:hi]
	}
	return s
}
