package engine

import (
	"context"
	"fmt"
	"iter"
)

// Directories of values and of links are listed a part at a time, and a part
// begins where the last one ended: after so many datoms, which the trees count.

// DatomsAt yields what Match yields from the nth datom on (counting from 0), in O(log n) reads to the first. For a pattern
// of an attribute alone the order is by value and then entity, without values that live out of line.
func (db DB) DatomsAt(ctx context.Context, p Pattern, n uint64) iter.Seq2[Datom, error] {
	spans, f := db.plan(p)
	if p.A.Set && !p.E.Set && !p.V.Set {
		spans = db.attrSpan(AVET, p.A.Val, nil, nil)
	}
	if db.history || len(spans) != 1 || !f.passesAll() {
		return after(n, datomsOf(db.read(ctx, spans, f, p.A.Set), p.A.Val))
	}
	spans[0].skip = n
	return datomsOf(db.read(ctx, spans, f, p.A.Set), p.A.Val)
}

// after is datoms without the first n.
func after(n uint64, datoms iter.Seq2[Datom, error]) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		left := n
		for d, err := range datoms {
			if left > 0 && err == nil {
				left--
				continue
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// ValueRank is how many datoms of attribute a DatomsAt yields before those with value v, and before what comes after them.
func (db DB) ValueRank(ctx context.Context, a ID, v Value) (from, end uint64, err error) {
	for _, sp := range db.attrSpan(AVET, a, valuePrefix(v), valueEnd(v)) {
		if from, end, err = sp.ranks(ctx, sp.trees.now); err != nil {
			return 0, 0, fmt.Errorf("count values: %w", err)
		}
	}
	return from, end, nil
}
