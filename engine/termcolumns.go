package engine

import (
	"context"
	"iter"
)

// TermColumns is a batch of datoms of one attribute, as terms. Added is nil where all were added. Read only.
type TermColumns struct {
	E     []ID
	V     []Term
	T     []uint64
	Added []bool
}

// Terms yields the datoms of attribute a in AEVT or AVET order, a leaf at a time, with
// values as terms of d. Tuples have no terms: a must not be of that type.
func (db DB) Terms(ctx context.Context, d *Dict, order Index, a ID) iter.Seq2[TermColumns, error] {
	if t, ok := db.s.trees.attr(a); ok && order == AVET && t.hasOut() {
		return db.largeTerms(ctx, d, a)
	}
	spans := db.attrSpan(order, a, nil, nil)
	f := db.viewFilter(Pattern{})
	plain := f.passesAll() && !db.history && db.s.foreign == nil
	return func(yield func(TermColumns, error) bool) {
		for _, sp := range spans {
			if plain {
				db.leafTerms(ctx, d, sp, yield)
				return
			}
			for c, err := range db.read(ctx, spans, f, true) {
				if !yield(termColumns(d, c), err) || err != nil {
					return
				}
			}
		}
	}
}

func termColumns(d *Dict, c Columns) TermColumns {
	return TermColumns{E: c.E, V: d.terms(c.V), T: c.T, Added: c.Added}
}

func (d *Dict) terms(values []Value) []Term {
	out := make([]Term, len(values))
	for i, v := range values {
		if i > 0 && v == values[i-1] {
			out[i] = out[i-1]
			continue
		}
		out[i] = d.Term(v)
	}
	return out
}

// leafTerms yields the leaves of a span's current tree.
func (db DB) leafTerms(ctx context.Context, d *Dict, sp span, yield func(TermColumns, error) bool) {
	if sp.trees.now.n == 0 {
		return
	}
	for run, err := range sp.trees.now.Sweep(ctx) {
		if err != nil {
			yield(TermColumns{}, err)
			return
		}
		leaf := run.Leaf.(*datomLeaf)
		c := leaf.slice(run.Lo, run.Hi)
		if leaf.out {
			b, err := db.finish(ctx, sp, filter{}, batch{c, true}, true)
			if !yield(termColumns(d, b.Columns), err) || err != nil {
				return
			}
			continue
		}
		if !yield(TermColumns{E: c.E, V: leaf.terms(d)[run.Lo:run.Hi], T: c.T}, nil) {
			return
		}
	}
}

// knownTerms is the column of values of a leaf as terms of the dictionary that asked last.
type knownTerms struct {
	dict  *Dict
	terms []Term
}

// terms is the column of values as terms. A leaf keeps those of one dictionary.
func (f *datomLeaf) terms(d *Dict) []Term {
	if k := f.known.Load(); k != nil && k.dict == d {
		return k.terms
	}
	k := &knownTerms{d, d.terms(f.V)}
	f.known.Store(k)
	return k.terms
}

// largeTerms yields an attribute in AVET order where some values are not in that tree.
func (db DB) largeTerms(ctx context.Context, d *Dict, a ID) iter.Seq2[TermColumns, error] {
	return func(yield func(TermColumns, error) bool) {
		var c TermColumns
		for x, err := range db.Range(ctx, a, Opt[Value]{}, Opt[Value]{}) {
			if err != nil {
				yield(TermColumns{}, err)
				return
			}
			c.E, c.V, c.T, c.Added = append(c.E, x.E), append(c.V, d.Term(x.V)), append(c.T, x.T), append(c.Added, x.Added)
			if len(c.E) == mergedRows {
				if !yield(c, nil) {
					return
				}
				c = TermColumns{}
			}
		}
		if len(c.E) > 0 {
			yield(c, nil)
		}
	}
}
