package engine

import (
	"context"
	"fmt"
	"iter"

	"github.com/dhfs/dhfs/engine/index"
)

// Diff yields what must be retracted from a and added to it to become b (user, schema and transaction datoms alike), in EAVT order, reading only what differs.
// A datom that both have, though from different transactions, is not among them. Values that
// live out of line are as stored: DB.Resolve reads them. Two commits of one store that are opened by OpenToCompare take the fewest reads.
func Diff(ctx context.Context, a, b DB) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		if a.IsForeign() || b.IsForeign() {
			diffForeign(ctx, a, b, yield)
			return
		}
		l := datomLayout{order: EAVT}
		for c, err := range index.Diff(ctx, a.s.trees.eavt.now.Tree, b.s.trees.eavt.now.Tree) {
			if err != nil {
				yield(Datom{}, fmt.Errorf("compare databases: %w", err))
				return
			}
			if c.Old != nil && c.New != nil {
				continue
			}
			val := c.New
			if val == nil {
				val = c.Old
			}
			d, err := l.parse(string(c.Key), string(val))
			if err != nil {
				yield(Datom{}, fmt.Errorf("compare databases: key %x: %w", c.Key, err))
				return
			}
			d.Added = c.New != nil
			if !yield(d, nil) {
				return
			}
		}
	}
}
