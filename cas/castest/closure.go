package castest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// testClosureWatched checks that whoever sees a block sees what it links to,
// also while it is being put.
func testClosureWatched(t *testing.T, s cas.RefStore) {
	chain := Chain(1, 300)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for i := 0; i < len(chain); i += 30 {
			if err := s.Put(t.Context(), chain[i:i+30]); err != nil {
				t.Errorf("Put: %v", err)
			}
		}
	})
	for range 2 {
		wg.Go(func() { watchClosure(t, s, chain, done) })
	}
	wg.Wait()
	wantBlocks(t, s, chain...)
}

// watchClosure looks again and again for the newest block of a chain that is there.
func watchClosure(t *testing.T, s cas.Store, chain []cas.Block, done <-chan struct{}) {
	for {
		for i := len(chain) - 1; i > 0; i-- {
			if ok, _ := s.Has(t.Context(), chain[i].CID()); !ok {
				continue
			}
			if _, err := s.Get(t.Context(), chain[i-1].CID()); err != nil {
				t.Errorf("block %d is there, the one below it is not: %v", i, err)
			}
			break
		}
		select {
		case <-done:
			return
		default:
		}
	}
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

// wantClosed checks that each of blocks that is there has its children.
func wantClosed(t testing.TB, s cas.Store, blocks []cas.Block) {
	t.Helper()
	there := map[cid.Cid]bool{}
	for _, b := range blocks { // children first
		ok, err := s.Has(t.Context(), b.CID())
		if err != nil {
			t.Fatalf("Has: %v", err)
		}
		there[b.CID()] = ok
		links, err := b.Links()
		if err != nil {
			t.Fatalf("Links: %v", err)
		}
		for _, child := range links {
			if ok && !there[child] {
				t.Errorf("%s is there, its child %s is not", b.CID(), child)
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
