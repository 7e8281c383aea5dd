package castest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// testClosureWatched checks that whoever sees a block sees what it links to,
// also while it is being put.
func testClosureWatched(t *testing.T, s cas.RefStore) {
	for round := range 5 {
		putWatched(t, s, Chain(uint64(round), 300))
	}
}

func putWatched(t *testing.T, s cas.Store, chain []cas.Block) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(done)
	for range 2 {
		wg.Go(func() { watchClosure(t, s, chain, done) })
	}
	for batch := range slices.Chunk(chain, 100) {
		put(t, s, batch...)
	}
	wantBlocks(t, s, chain...)
}

// watchClosure looks again and again for the newest block of a chain that is
// there, until the first fault.
func watchClosure(t *testing.T, s cas.Store, chain []cas.Block, done <-chan struct{}) {
	for {
		newest := len(chain) - 1
		for newest > 0 && !there(t, s, chain[newest]) {
			newest--
		}
		if newest > 0 && !there(t, s, chain[newest-1]) {
			t.Errorf("block %d is there, the one below it is not", newest)
			return
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func there(t *testing.T, s cas.Store, b cas.Block) bool {
	ok, err := s.Has(t.Context(), b.CID())
	if err != nil {
		t.Errorf("Has: %v", err)
	}
	return ok
}

// testClosureCancelled cancels a Put at different moments: what was stored of it is closed.
func testClosureCancelled(t *testing.T, s cas.RefStore) {
	for i := range 20 {
		blocks := Graph(uint64(100+i), 200)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*50*time.Microsecond)
		err := s.Put(ctx, blocks)
		cancel()
		if err == nil {
			wantBlocks(t, s, blocks...)
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a cancelled Put failed with %v, which does not wrap context.DeadlineExceeded", err)
		}
		wantClosed(t, s, blocks)
	}
}

// wantClosed checks that each of blocks that is there has its children. It looks at parents first, since a server may still be storing what it was sent.
func wantClosed(t testing.TB, s cas.Store, blocks []cas.Block) {
	t.Helper()
	parent := map[cid.Cid]cid.Cid{} // one that is there, of each block
	for _, b := range slices.Backward(blocks) {
		ok, err := s.Has(t.Context(), b.CID())
		if err != nil {
			t.Fatalf("Has: %v", err)
		}
		if p := parent[b.CID()]; !ok && p.Defined() {
			t.Errorf("%s is there, its child %s is not", p, b.CID())
		}
		links, err := b.Links()
		if err != nil {
			t.Fatalf("Links: %v", err)
		}
		for _, child := range links {
			if ok {
				parent[child] = b.CID()
			}
		}
	}
}

// testCancelled checks that every call ends with the error of a cancelled context and has no effect.
func testCancelled(t *testing.T, s cas.RefStore) {
	a := Raw(1)
	put(t, s, a)
	setRef(t, s, "heads/main", cid.Undef, a.CID())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func() error{
		"Get":    func() error { _, err := s.Get(ctx, a.CID()); return err },
		"Has":    func() error { _, err := s.Has(ctx, a.CID()); return err },
		"Put":    func() error { return s.Put(ctx, []cas.Block{Raw(2)}) },
		"All":    func() error { _, err := listed(ctx, s); return err },
		"Ref":    func() error { _, err := s.Ref(ctx, "heads/main"); return err },
		"Refs":   func() error { _, err := s.Refs(ctx); return err },
		"SetRef": func() error { return s.SetRef(ctx, "heads/main", a.CID(), cid.Undef) },
		"Commit": func() error { return cas.Commit(ctx, s, []cas.Block{Raw(3)}, "heads/x", cid.Undef, a.CID()) },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: error %v, want one that wraps context.Canceled", name, err)
		}
	}
	wantAll(t, s, a)
	wantRef(t, s, "heads/main", a.CID())
	wantRef(t, s, "heads/x", cid.Undef)
}
