package castest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// racers is how many goroutines want the same ref at once.
const racers = 8

// testRefRace lets goroutines move one ref from the same value: one wins each round.
func testRefRace(t *testing.T, s cas.RefStore) {
	race(t, []cas.RefStore{s}, func(s cas.RefStore, old cid.Cid, b cas.Block) error {
		return s.SetRef(t.Context(), "heads/main", old, b.CID())
	})
}

// testCommitRace does the same with cas.Commit: the winner's block is there.
func testCommitRace(t *testing.T, s cas.RefStore) {
	race(t, []cas.RefStore{s}, func(s cas.RefStore, old cid.Cid, b cas.Block) error {
		return cas.Commit(t.Context(), s, []cas.Block{b}, "heads/main", old, b.CID())
	})
	id, err := s.Ref(t.Context(), "heads/main")
	if err != nil {
		t.Fatalf("Ref: %v", err)
	}
	if _, err := s.Get(t.Context(), id); err != nil {
		t.Errorf("the winner's block: %v", err)
	}
}

// race runs rounds in which each racer tries to move heads/main from the same
// old value to its own, over one of the stores, and checks that exactly one
// does and the others are told of the conflict.
func race(t *testing.T, stores []cas.RefStore, move func(s cas.RefStore, old cid.Cid, next cas.Block) error) {
	old := cid.Undef
	for round := range 20 {
		var won atomic.Int32
		var winner atomic.Value
		var wg sync.WaitGroup
		for g := range racers {
			wg.Go(func() {
				b := Raw(uint64(round*racers + g))
				err := move(stores[g%len(stores)], old, b)
				switch {
				case err == nil:
					won.Add(1)
					winner.Store(b.CID())
				case !errors.Is(err, cas.ErrConflict):
					t.Errorf("a loser got %v, want an error that wraps ErrConflict", err)
				}
			})
		}
		wg.Wait()
		if n := won.Load(); n != 1 {
			t.Fatalf("round %d: %d winners", round, n)
		}
		old = winner.Load().(cid.Cid)
		for _, s := range stores {
			wantRef(t, s, "heads/main", old)
		}
	}
}

// testRefIncrements counts with compare-and-swap, as commits do: no increment is lost.
func testRefIncrements(t *testing.T, s cas.RefStore) { increments(t, []cas.RefStore{s}) }

func increments(t *testing.T, stores []cas.RefStore) {
	const each = 10
	var wg sync.WaitGroup
	for g := range racers {
		wg.Go(func() {
			for range each {
				if err := increment(t, stores[g%len(stores)]); err != nil {
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for _, s := range stores {
		wantRef(t, s, "heads/counter", Chain(9, racers*each)[racers*each-1].CID())
	}
}

// increment puts a block on top of the chain that the ref points at.
func increment(t *testing.T, s cas.RefStore) error {
	for range 10_000 {
		old, err := s.Ref(t.Context(), "heads/counter")
		next := Chain(9, 1)[0]
		if err == nil {
			next, err = successor(t, s, old)
		}
		if err != nil && !errors.Is(err, cas.ErrNotFound) {
			return err
		}
		err = cas.Commit(t.Context(), s, []cas.Block{next}, "heads/counter", old, next.CID())
		if !errors.Is(err, cas.ErrConflict) {
			return err
		}
	}
	return errors.New("lost 10,000 races")
}

// successor makes the block that Chain puts on top of the one named id.
func successor(t *testing.T, s cas.RefStore, id cid.Cid) (cas.Block, error) {
	b, err := s.Get(t.Context(), id)
	if err != nil {
		return cas.Block{}, fmt.Errorf("the ref points at a block that cannot be read: %v", err)
	}
	number, err := nodeNumber(b)
	return Node(number+1, id), err
}
