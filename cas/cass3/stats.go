package cass3

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Totals counts by indexes: it reads no blocks, so how large they are before compression is not told.
func (s *Store) Totals(ctx context.Context) (t cas.Totals, err error) {
	if err := s.usable(ctx); err != nil {
		return t, err
	}
	all, err := s.client.list(ctx, "")
	if err != nil {
		return t, fmt.Errorf("list objects: %w", err)
	}
	for _, o := range all {
		t.Disk += o.size
	}
	for _, err := range s.All(ctx) {
		if err != nil {
			return t, err
		}
		t.Blocks++
	}
	return t, nil
}

// SizeMany implements cas.ManySizer.
func (s *Store) SizeMany(ctx context.Context, ids []cid.Cid) ([]int64, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	rest := make([]wanted, len(ids))
	for i, id := range ids {
		rest[i] = wanted{i: i, id: id}
	}
	err := s.locateMany(ctx, rest, s.where)
	sizes := make([]int64, len(ids))
	for _, w := range rest {
		if sizes[w.i] = -1; w.at.known() {
			sizes[w.i] = int64(w.at.size) + entrySize
		}
	}
	return sizes, err
}
