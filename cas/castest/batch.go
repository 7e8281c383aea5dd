package castest

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// batching is what the test of cas.Batcher needs.
type batching interface {
	cas.RefStore
	cas.Batcher
}

// testBatch asks for blocks that are there and others that are not, some twice.
func testBatch(t *testing.T, s batching) {
	blocks := Graph(11, 300)
	put(t, s, blocks...)
	var ids []cid.Cid
	var want []cas.Block // the zero Block: none
	for i, b := range blocks {
		ids, want = append(ids, b.CID()), append(want, b)
		if i%7 == 0 {
			ids, want = append(ids, Raw(uint64(5000+i)).CID(), b.CID()), append(want, cas.Block{}, b)
		}
	}
	calls := make([]int, len(ids))
	err := s.GetMany(t.Context(), ids, func(i int, b cas.Block, err error) {
		calls[i]++
		switch there := want[i].CID().Defined(); {
		case there && err != nil:
			t.Errorf("block %d: %v", i, err)
		case there && (b.CID() != ids[i] || !bytes.Equal(b.Data(), want[i].Data())):
			t.Errorf("block %d is %s, want %s", i, b.CID(), ids[i])
		case !there && !errors.Is(err, cas.ErrNotFound):
			t.Errorf("block %d, which is not there: %v", i, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range calls {
		if n != 1 {
			t.Errorf("GetMany gave block %d %d times", i, n)
		}
	}
	known, err := s.HasMany(t.Context(), ids)
	if err != nil || len(known) != len(ids) {
		t.Fatalf("HasMany of %d = %d, %v", len(ids), len(known), err)
	}
	for i, ok := range known {
		if ok != want[i].CID().Defined() {
			t.Errorf("HasMany says %v of block %d", ok, i)
		}
	}
	if err := s.GetMany(t.Context(), nil, func(int, cas.Block, error) { t.Error("called for no block") }); err != nil {
		t.Errorf("GetMany of nothing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.GetMany(ctx, ids, func(int, cas.Block, error) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled GetMany = %v", err)
	}
}

// Batches is a store as a cas.Batcher, which hands blocks on last first, and counts how often a network would have been waited for.
type Batches struct {
	cas.RefStore
	rounds atomic.Int64
}

// Batching makes a store a cas.Batcher.
func Batching(s cas.RefStore) *Batches { return &Batches{RefStore: s} }

// Rounds is how many calls of Get, GetMany, Has and HasMany there were since the last Rounds.
func (b *Batches) Rounds() int { return int(b.rounds.Swap(0)) }

// Get implements cas.Getter.
func (b *Batches) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b.rounds.Add(1)
	return b.RefStore.Get(ctx, id)
}

// Has implements cas.Store.
func (b *Batches) Has(ctx context.Context, id cid.Cid) (bool, error) {
	b.rounds.Add(1)
	return b.RefStore.Has(ctx, id)
}

// GetMany implements cas.Batcher.
func (b *Batches) GetMany(ctx context.Context, ids []cid.Cid, got func(int, cas.Block, error)) error {
	b.rounds.Add(1)
	for i := len(ids) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		block, err := b.RefStore.Get(ctx, ids[i])
		got(i, block, err)
	}
	return ctx.Err()
}

// HasMany implements cas.Batcher.
func (b *Batches) HasMany(ctx context.Context, ids []cid.Cid) (known []bool, err error) {
	b.rounds.Add(1)
	for _, id := range ids {
		ok, err := b.RefStore.Has(ctx, id)
		if err != nil {
			return nil, err
		}
		known = append(known, ok)
	}
	return known, ctx.Err()
}
