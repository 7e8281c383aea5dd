package index

import (
	"context"
	"errors"
	"iter"

	"github.com/dhfs/dhfs/cas"
)

// Verify reads the whole tree and builds it again from its entries. The error
// is a *cas.CorruptError when that gives another root: every block may be what
// its CID says and the tree still not be the canonical one.
func (t Tree) Verify(ctx context.Context) error {
	t, err := t.whole(ctx)
	if err != nil {
		return err
	}
	again, err := Build(ctx, t.nodes, t.layout, t.entries(ctx), func(cas.Block) error { return nil })
	if errors.Is(err, errOrder) {
		return corrupt(t.root.cid(), err)
	}
	if err != nil {
		return err
	}
	if again.root.cid() != t.root.cid() {
		return corrupt(t.root.cid(), errors.New("its entries make the tree "+again.root.cid().String()))
	}
	return nil
}

// entries yields all entries; their bytes hold until the next one.
func (t Tree) entries(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var e Entry
		for run, err := range t.Scan(ctx, nil, nil) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for i := run.Lo; i < run.Hi; i++ {
				e.Key = run.Leaf.AppendKey(e.Key[:0], i)
				e.Val = run.Leaf.AppendVal(e.Val[:0], i)
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
