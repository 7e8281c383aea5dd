package casfile

import (
	"context"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// oneWriter is a Store for one writer, who moves no ref once garbage was removed since it began.
type oneWriter struct {
	*Store
	epoch uint64
}

// Begin implements cas.Collector.
func (s *Store) Begin() cas.RefStore { return oneWriter{s, s.epoch()} }

// Put implements cas.Store.
func (x oneWriter) Put(ctx context.Context, blocks []cas.Block) error {
	return x.put(ctx, blocks, request{epoch: x.epoch, bound: true})
}

// SetRef implements cas.Refs.
func (x oneWriter) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return x.Commit(ctx, nil, name, old, next)
}

// Commit implements cas.Committer.
func (x oneWriter) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	if err := cas.CheckRefName(ref); err != nil {
		return err
	}
	return x.put(ctx, blocks, request{ref: ref, old: old, next: next, epoch: x.epoch, bound: true})
}
