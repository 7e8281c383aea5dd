package datahike

import (
	"context"
	"iter"
)

// History yields what holds and what is over, in the order of e, a, v, tx.
func (c *Commit) History(ctx context.Context) iter.Seq2[Datom, error] {
	return merged(eavt, c.Datoms(ctx, EAVT), c.Datoms(ctx, TemporalEAVT))
}

// merged yields the datoms of two sequences in their order, each once.
func merged(o order, now, was iter.Seq2[Datom, error]) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		next, stop := iter.Pull2(was)
		defer stop()
		old, err, more := next()
		// before yields what of was comes before d; same tells that it has d too.
		before := func(d *Datom) (same, goOn bool) {
			for more {
				c := -1
				if err == nil && d != nil {
					c = o.compare(&old, d)
				}
				if c > 0 {
					break
				}
				if c == 0 {
					same = true
				} else if !yield(old, err) {
					return same, false
				}
				old, err, more = next()
			}
			return same, true
		}
		for d, fault := range now {
			if fault != nil {
				yield(d, fault)
				return
			}
			if _, goOn := before(&d); !goOn || !yield(d, nil) {
				return
			}
		}
		before(nil)
	}
}

// without yields the datoms of a sequence that another one in the same order does not have.
func without(o order, all, but iter.Seq2[Datom, error]) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		next, stop := iter.Pull2(but)
		defer stop()
		x, err, more := next()
		for d, fault := range all {
			for fault == nil && more && err == nil && o.compare(&x, &d) < 0 {
				x, err, more = next()
			}
			if more && err != nil {
				fault = err
			}
			if fault != nil {
				yield(d, fault)
				return
			}
			if more && o.compare(&x, &d) == 0 {
				continue
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}
