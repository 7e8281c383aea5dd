package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
)

// Range yields the datoms of attribute a with lo <= value < hi, in value order. Bounds may be left out. Bounds are of the attribute's kind.
func (db DB) Range(ctx context.Context, a ID, lo, hi Opt[Value]) iter.Seq2[Datom, error] {
	return db.inRange(ctx, a, lo, hi, filter{after: db.after, history: db.history})
}

// byValue yields datoms in AVET order.
func (db DB) byValue(ctx context.Context, p Pattern) iter.Seq2[Datom, error] {
	if p.A.Set && p.V.Set {
		return db.ofValue(ctx, p)
	}
	f := db.viewFilter(p)
	f.e, f.v = p.E, storedOpt(p.V)
	return func(yield func(Datom, error) bool) {
		for _, a := range db.attributesOf(p.A) {
			for d, err := range db.inRange(ctx, a, Opt[Value]{}, Opt[Value]{}, f) {
				if !yield(d, err) || err != nil {
					return
				}
			}
		}
	}
}

// ofValue yields the datoms of one attribute and value.
func (db DB) ofValue(ctx context.Context, p Pattern) iter.Seq2[Datom, error] {
	spans, f := db.plan(Pattern{A: p.A, V: p.V, T: p.T, Added: p.Added})
	f.e = p.E
	return datomsOf(db.read(ctx, spans, f, true), p.A.Val)
}

// inRange yields the datoms of an attribute between two values that pass f.
func (db DB) inRange(ctx context.Context, a ID, lo, hi Opt[Value], f filter) iter.Seq2[Datom, error] {
	var from, to []byte
	if lo.Set {
		from = appendValue(nil, lo.Val)
	}
	if hi.Set {
		to = appendValue(nil, hi.Val)
	}
	spans := db.attrSpan(AVET, a, from, to)
	for i := range spans {
		spans[i].want.Lo, spans[i].want.Hi = lo, hi
	}
	inline := datomsOf(db.read(ctx, spans, f, true), a)
	if t, _ := db.s.trees.attr(a); !t.hasOut() {
		return inline
	}
	return db.withLarge(ctx, a, lo, hi, f, inline)
}

// withLarge adds to the datoms of AVET those whose values live out of line and are not there.
func (db DB) withLarge(ctx context.Context, a ID, lo, hi Opt[Value], f filter, inline iter.Seq2[Datom, error]) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		large, err := db.large(ctx, a, lo, hi, f)
		if err != nil {
			yield(Datom{}, err)
			return
		}
		for d, err := range inline {
			for err == nil && len(large) > 0 && compareByValue(large[0], d) < 0 {
				if !yield(large[0], nil) {
					return
				}
				large = large[1:]
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
		for _, d := range large {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// large lists the datoms of an attribute whose values live out of line and fit, by value.
func (db DB) large(ctx context.Context, a ID, lo, hi Opt[Value], f filter) ([]Datom, error) {
	var all []Datom
	for _, sp := range db.attrSpan(AEVT, a, nil, nil) {
		for b, err := range sp.batches(ctx, db.history) {
			if err != nil {
				return nil, fmt.Errorf("read datoms: %w", err)
			}
			for i, v := range b.V {
				if !v.out || !f.passes(&b.Columns, i) {
					continue
				}
				d := b.datom(i)
				d.A = a
				if d.V, err = resolve(ctx, db.s.env, v); err != nil {
					return nil, err
				}
				if (!lo.Set || Compare(d.V, lo.Val) >= 0) && (!hi.Set || Compare(d.V, hi.Val) < 0) {
					all = append(all, d)
				}
			}
		}
	}
	slices.SortFunc(all, compareByValue)
	return all, nil
}

func compareByValue(a, b Datom) int {
	if c := Compare(a.V, b.V); c != 0 {
		return c
	}
	if c := cmp.Compare(a.E, b.E); c != 0 {
		return c
	}
	return cmp.Compare(a.T, b.T)
}
