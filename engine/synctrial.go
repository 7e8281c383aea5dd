package engine

import (
	"context"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// trial is a target that nothing is written to, but that says that it has what it was given.
type trial struct {
	cas.RefStore
	put map[cid.Cid]bool
}

// beneath is the target of a trial, or any other as it is.
func beneath(s cas.RefStore) cas.RefStore {
	if t, ok := s.(*trial); ok {
		return t.RefStore
	}
	return s
}

// Has implements cas.Store.
func (t *trial) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if t.put[id] {
		return true, nil
	}
	return t.RefStore.Has(ctx, id)
}

// Put implements cas.Store.
func (t *trial) Put(ctx context.Context, blocks []cas.Block) error {
	for _, b := range blocks {
		t.put[b.CID()] = true
	}
	return ctx.Err()
}

// SetRef implements cas.Refs.
func (t *trial) SetRef(ctx context.Context, _ string, _, _ cid.Cid) error { return ctx.Err() }

// count tells what doing transactions again would be.
func (t *trial) count(blocks []cas.Block, _ []cid.Cid, tell func(int)) error {
	tell(countCommits(blocks))
	return nil
}
