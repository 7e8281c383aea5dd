package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
)

// Columns yields what Match would, in batches (a leaf each), the fast way to read
// much. A is nil where the pattern has an attribute.
func (db DB) Columns(ctx context.Context, p Pattern) iter.Seq2[Columns, error] {
	if p.T.Set && !p.E.Set && !p.A.Set && !p.V.Set {
		return db.ofTransaction(ctx, p)
	}
	spans, f := db.plan(p)
	return db.read(ctx, spans, f, p.A.Set)
}

// StoredColumns is Columns for patterns with an entity, but leaves values that
// live out of line where they are: what they are stands in for them.
func (db DB) StoredColumns(ctx context.Context, p Pattern) iter.Seq2[Columns, error] {
	spans, f := db.plan(p)
	f.standIns = true
	return db.read(ctx, spans, f, p.A.Set)
}

// read yields the rows of spans that pass f. one tells that they are all of one attribute.
func (db DB) read(ctx context.Context, spans []span, f filter, one bool) iter.Seq2[Columns, error] {
	return func(yield func(Columns, error) bool) {
		for _, sp := range spans {
			for b, err := range sp.batches(ctx, db.history) {
				if err == nil {
					b, err = db.finish(ctx, sp, f, b, one)
				}
				if err != nil {
					yield(Columns{}, fmt.Errorf("read datoms: %w", err))
					return
				}
				if len(b.E) > 0 && !yield(b.Columns, nil) {
					return
				}
			}
		}
	}
}

// finish filters a batch, reads values that live out of line unless they are not wanted, and sees to the column of attributes.
func (db DB) finish(ctx context.Context, sp span, f filter, b batch, one bool) (batch, error) {
	if !f.passesAll() {
		b.Columns = f.keep(b.Columns)
	}
	switch {
	case one:
		b.A = nil
	case b.A == nil:
		b.A = slices.Repeat([]ID{sp.attr}, len(b.E))
	}
	if !b.out || f.standIns {
		return b, nil
	}
	b.V = slices.Clone(b.V)
	for i, v := range b.V {
		var err error
		if b.V[i], err = resolve(ctx, db.s.env, v); err != nil {
			return b, err
		}
	}
	return b, nil
}

// keep is the rows that pass, the same slices when all do.
func (f *filter) keep(c Columns) Columns {
	first := 0
	for first < len(c.E) && f.passes(&c, first) {
		first++
	}
	if first == len(c.E) {
		return c
	}
	head := c.slice(0, first)
	kept := Columns{E: slices.Clone(head.E), A: slices.Clone(head.A), V: slices.Clone(head.V), T: slices.Clone(head.T), Added: slices.Clone(head.Added)}
	for i := first + 1; i < len(c.E); i++ {
		if f.passes(&c, i) {
			kept.append(&c, i)
		}
	}
	return kept
}

func (c *Columns) append(from *Columns, i int) {
	c.E, c.V, c.T = append(c.E, from.E[i]), append(c.V, from.V[i]), append(c.T, from.T[i])
	if from.A != nil {
		c.A = append(c.A, from.A[i])
	}
	if from.Added != nil {
		c.Added = append(c.Added, from.Added[i])
	}
}

// Match yields the datoms that fit p, using the best index for it. Values that live out of line are
// fetched. Without an attribute, what belongs to transactions and to the
// schema itself is yielded too.
func (db DB) Match(ctx context.Context, p Pattern) iter.Seq2[Datom, error] {
	return datomsOf(db.Columns(ctx, p), p.A.Val)
}

// datomsOf yields rows one by one; a is their attribute where they have no column of it.
func datomsOf(batches iter.Seq2[Columns, error], a ID) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		for c, err := range batches {
			if err != nil {
				yield(Datom{}, err)
				return
			}
			for i := range c.E {
				d := c.datom(i)
				if c.A == nil {
					d.A = a
				}
				if !yield(d, nil) {
					return
				}
			}
		}
	}
}

// Count is how many datoms Match would yield. exact is false where that would need a scan, and n is then an upper bound.
func (db DB) Count(ctx context.Context, p Pattern) (n uint64, exact bool, err error) {
	spans, f := db.plan(p)
	for _, sp := range spans {
		m, err := sp.count(ctx, db.history)
		if err != nil {
			return 0, false, fmt.Errorf("count datoms: %w", err)
		}
		n += m
	}
	return n, n == 0 || f.passesAll() && db.s.foreign == nil, nil
}

// Datoms yields datoms in the order of index, beginning with the given leading components
// (as many of e, a, v in that index's order as are given); the others are filtered by.
func (db DB) Datoms(ctx context.Context, index Index, p Pattern) iter.Seq2[Datom, error] {
	switch {
	case index == AVET:
		return db.byValue(ctx, p)
	case index == AEVT:
		return db.byAttribute(ctx, p)
	case p.E.Set:
		return db.Match(ctx, p)
	}
	f := db.viewFilter(p)
	f.a, f.v = p.A, storedOpt(p.V)
	return datomsOf(db.read(ctx, db.whole(), f, false), 0)
}

// byAttribute yields datoms in AEVT order.
func (db DB) byAttribute(ctx context.Context, p Pattern) iter.Seq2[Datom, error] {
	f := db.viewFilter(p)
	f.v = storedOpt(p.V)
	var lo, hi []byte
	if p.E.Set {
		lo = appendUint(nil, uint64(p.E.Val))
		hi = prefixEnd(lo)
	}
	var spans []span
	for _, a := range db.attributesOf(p.A) {
		of := db.attrSpan(AEVT, a, lo, hi)
		for i := range of {
			of[i].want.E = p.E
		}
		spans = append(spans, of...)
	}
	return datomsOf(db.read(ctx, spans, f, false), 0)
}

// attributesOf is the given attribute, or all that have datoms.
func (db DB) attributesOf(a Opt[ID]) []ID {
	if a.Set {
		return []ID{a.Val}
	}
	if db.s.foreign != nil {
		return db.s.schema.ids()
	}
	ids := make([]ID, len(db.s.trees.attrs))
	for i, t := range db.s.trees.attrs {
		ids[i] = t.id
	}
	return ids
}

func storedOpt(v Opt[Value]) Opt[Value] {
	if v.Set {
		v.Val, _, _ = outline(v.Val)
	}
	return v
}
