package casfile

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
	"github.com/ipfs/go-cid"
)

// TestAMoveIsToldOfAfterLeases has one store believe and another one move the ref, as processes do.
func TestAMoveIsToldOfAfterLeases(t *testing.T) {
	dir := newStore(t)
	reader, writer := reopen(t, dir), reopen(t, dir)
	last := cid.Undef
	move := func() <-chan error {
		b := cas.NewBlock(cas.Raw, []byte(time.Now().String()))
		old := last
		last = b.CID()
		told := make(chan error, 1)
		go func() { told <- writer.Commit(t.Context(), []cas.Block{b}, "heads/main", old, b.CID()) }()
		return told
	}

	release, ok := reader.Lease()
	if !ok {
		t.Fatal("no lease")
	}
	told := move()
	for {
		if id, err := reader.Ref(t.Context(), "heads/main"); err == nil && id == last {
			break // the ref was moved at once
		}
		time.Sleep(time.Millisecond)
	}
	select {
	case <-told:
		t.Error("the writer was told of the move while somebody believed that there was none")
	case <-time.After(maxSettle / 4):
	}
	release()
	if err := <-told; err != nil {
		t.Error(err)
	}

	// A reader that was stopped does not stop writers for ever.
	if _, ok := reader.Lease(); !ok {
		t.Fatal("no second lease")
	}
	if err := <-move(); err != nil {
		t.Error(err)
	}

	// Leases of a store that is closed have ended.
	reader.Close()
	start := time.Now()
	if writer.Settle(t.Context()); time.Since(start) > maxSettle/2 {
		t.Errorf("no lease is held, and yet that took %v", time.Since(start))
	}
}

// TestLeasesOneAfterAnother has a reader that always believes, in leases as long as they may be: writers get through.
func TestLeasesOneAfterAnother(t *testing.T) {
	dir := newStore(t)
	reader, writer := reopen(t, dir), reopen(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	var taken atomic.Int64
	var believing sync.WaitGroup
	believing.Go(func() {
		for ctx.Err() == nil {
			if release, ok := reader.Lease(); ok {
				taken.Add(1)
				time.AfterFunc(filelock.LeaseTime*3/4, release)
			}
			time.Sleep(filelock.LeaseTime / 16)
		}
	})
	waits, givenUp := 0, 0
	for taken.Load() < 50 {
		start := time.Now()
		if writer.Settle(t.Context()); time.Since(start) >= maxSettle {
			givenUp++
		}
		waits++
	}
	stop()
	believing.Wait()
	if givenUp > waits/2 {
		t.Errorf("%d of %d waits were given up", givenUp, waits)
	}
}

// TestLeasesOfAStoreThatIsOnlyRead takes none where no file can be made, and makes none where nobody asks.
func TestLeasesOfAStoreThatIsOnlyRead(t *testing.T) {
	dir := newStore(t)
	s := reopen(t, dir)
	s.Settle(t.Context())
	if _, err := os.Stat(filepath.Join(dir, "turns")); err == nil {
		t.Error("who only waits makes files")
	}
	if err := os.WriteFile(filepath.Join(dir, "turns"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Lease(); ok {
		t.Error("a lease that no writer can see")
	}
}

// reopen opens a store again, as another process does.
func reopen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
