package datahike

import (
	"context"
	"iter"
)

// History yields what holds and what is over, in the order of e, a, v, tx.
func (c *Commit) History(ctx context.Context) iter.Seq2[Datom, error] {
	return merged(c.Datoms(ctx, EAVT), c.Datoms(ctx, TemporalEAVT))
}

// merged yields the datoms of two sequences in the order of e, a, v, tx, each once.
func merged(now, was iter.Seq2[Datom, error]) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		next, stop := iter.Pull2(was)
		defer stop()
		old, err, more := next()
		// before yields what of was comes before d; same tells that it has d too.
		before := func(d *Datom) (same, goOn bool) {
			for more {
				c := -1
				if err == nil && d != nil {
					c = eavt.compare(&old, d)
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
