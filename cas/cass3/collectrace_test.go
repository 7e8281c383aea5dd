package cass3

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// Four writers, each with a branch that it also moves back, one that all share, readers, and two collectors: nothing that a ref leads to is ever lost.
func TestCollectRace(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	create(t, url, Options{})
	ctx, stop := context.WithCancel(t.Context())
	var working, others sync.WaitGroup
	var mu sync.Mutex
	heads, commits, removed := map[string]cid.Cid{}, 0, 0
	for w := range 4 {
		working.Go(func() {
			s := again(t, url, Options{})
			rnd := rand.New(rand.NewPCG(uint64(w), 5))
			for i := range 25 {
				ref := fmt.Sprintf("heads/w%d", w)
				if i%5 == 4 {
					ref = "heads/all"
				}
				made, err := raceCommit(ctx, s, ref, uint64(w*1000+i), rnd)
				if err != nil {
					t.Errorf("writer %d, commit %d: %v", w, i, err)
					return
				}
				mu.Lock()
				heads[ref], commits = made, commits+1
				mu.Unlock()
			}
		})
	}
	for r := range 2 {
		others.Go(func() {
			s := again(t, url, Options{})
			for ctx.Err() == nil {
				if err := readAll(ctx, s); err != nil && ctx.Err() == nil {
					t.Errorf("reader %d: %v", r, err)
					return
				}
			}
		})
		others.Go(func() {
			s := again(t, url, Options{})
			for ctx.Err() == nil {
				done, err := s.Collect(ctx, true, reachable(s))
				if err != nil && !errors.Is(err, cas.ErrConflict) && ctx.Err() == nil {
					t.Errorf("collector %d: %v", r, err)
					return
				}
				mu.Lock()
				removed += done.Blocks
				mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(30 * time.Millisecond):
				}
			}
		})
	}
	working.Wait()
	stop()
	others.Wait()
	last := again(t, url, Options{})
	for ref, head := range heads {
		if ref == "heads/all" {
			head, _ = last.Ref(t.Context(), ref)
		}
		wantWhole(t, last, ref, head, -1)
	}
	t.Logf("%d commits, %d blocks removed", commits, removed)
	if removed == 0 || commits != 100 {
		t.Errorf("%d commits, %d blocks removed: want 100, and some", commits, removed)
	}
}

// raceCommit commits on top of ref, or of nothing; the blocks below are such as others may just have dropped.
func raceCommit(ctx context.Context, s *Store, ref string, n uint64, rnd *rand.Rand) (cid.Cid, error) {
	for {
		w := s.Begin()
		old, err := w.Ref(ctx, ref)
		if err != nil && !errors.Is(err, cas.ErrNotFound) {
			return cid.Undef, err
		}
		parent := old
		if ref != "heads/all" && rnd.IntN(3) == 0 {
			// Back to nothing: what the branch had is garbage now, and below may be stored anew.
			parent = cid.Undef
		}
		below := castest.Raw(uint64(rnd.IntN(8)))
		links := []cid.Cid{below.CID()}
		if parent.Defined() {
			links = append(links, parent)
		}
		b := castest.Node(n, links...)
		if rnd.IntN(2) == 0 {
			err = w.Put(ctx, []cas.Block{below})
		}
		if err == nil || errors.Is(err, cas.ErrNotFound) {
			err = cas.Commit(ctx, w, []cas.Block{below, b}, ref, old, b.CID())
		}
		if err == nil {
			return b.CID(), nil
		}
		if !errors.Is(err, cas.ErrConflict) {
			return cid.Undef, err
		}
	}
}

// readAll reads what all branches lead to. A branch that was moved meanwhile may have lost what it had.
func readAll(ctx context.Context, s *Store) error {
	refs, err := s.Refs(ctx)
	if err != nil {
		return err
	}
	for _, r := range refs {
		for _, err := range cas.Walk(ctx, s, []cid.Cid{r.CID}, nil) {
			if err == nil {
				continue
			}
			if now, again := s.Ref(ctx, r.Name); errors.Is(err, cas.ErrNotFound) && (again != nil || now != r.CID) {
				break
			}
			return fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	return nil
}
