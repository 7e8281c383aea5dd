//go:build unix

package cass3

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
)

// Four processes move one ref, each again and again: none of them needs many attempts.
func TestNoWriterStarves(t *testing.T) {
	url := newURL(servers.S3(t))
	create(t, url, Options{})
	const writers, each = 4, 25
	most := make([]int, writers)
	var wg sync.WaitGroup
	for w := range writers {
		s := again(t, url, Options{})
		wg.Go(func() {
			for i := range each {
				done, held := s.Turn(t.Context(), "heads/main")
				for tries := 1; ; tries++ {
					if tries > 1 && !held { // as the engine does it
						done()
						done, held = s.Turn(t.Context(), "heads/main")
					}
					old, err := s.Ref(t.Context(), "heads/main")
					if errors.Is(err, cas.ErrNotFound) {
						old = cid.Undef
					} else if err != nil {
						t.Error(err)
						break
					}
					var below []cid.Cid
					if old.Defined() {
						below = append(below, old)
					}
					b := castest.Node(uint64(w*1000+i), below...)
					err = s.Commit(t.Context(), []cas.Block{b}, "heads/main", old, b.CID())
					most[w] = max(most[w], tries)
					if !errors.Is(err, cas.ErrConflict) {
						if err != nil {
							t.Error(err)
						}
						break
					}
				}
				done()
			}
		})
	}
	wg.Wait()
	s := again(t, url, Options{})
	id, err := s.Ref(t.Context(), "heads/main")
	n := 0
	for ; err == nil && id.Defined(); n++ {
		b, gerr := s.Get(t.Context(), id)
		if gerr != nil {
			t.Fatal(gerr)
		}
		links, _ := b.Links()
		id = cid.Undef
		if len(links) > 0 {
			id = links[0]
		}
	}
	if err != nil || n != writers*each {
		t.Errorf("%d moves are left of %d, %v", n, writers*each, err)
	}
	t.Log("most attempts:", most)
	for w, m := range most {
		if m > 8 {
			t.Errorf("writer %d needed %d attempts once", w, m)
		}
	}
}

// Who takes one turn after the other gives way to one that waits.
func TestTurnsInARowEnd(t *testing.T) {
	url := newURL(servers.S3(t))
	stores := []*Store{create(t, url, Options{}), again(t, url, Options{Alone: true})}
	for _, s := range stores {
		s.line("heads/main").lost = time.Now().Add(time.Hour) // as those that are overtaken all the time
	}
	turn := func(s *Store, hold time.Duration) {
		done, held := s.Turn(t.Context(), "heads/main")
		if !held {
			t.Error("there is no turn")
		}
		time.Sleep(hold)
		done()
	}
	for range 10 {
		turn(stores[0], 0)
		var had atomic.Bool
		var waiter sync.WaitGroup
		waiter.Go(func() {
			turn(stores[1], 0)
			had.Store(true)
		})
		turns := 0
		for ; !had.Load() && turns < 100; turns++ {
			turn(stores[0], aRow/5)
		}
		waiter.Wait()
		if t.Log(turns, "turns of one before the other has its own"); turns > 20 {
			t.Errorf("one has %d turns while the other waits", turns)
		}
	}
}

// What one process at a time should do, one does: until it says so, or has ended.
func TestSole(t *testing.T) {
	url := newURL(servers.S3(t))
	one := create(t, url, Options{})
	other := again(t, url, Options{})
	done, ok, _ := one.Sole(t.Context(), "tidy")
	if !ok {
		t.Fatal("nobody else does it")
	}
	if _, ok, _ := other.Sole(t.Context(), "tidy"); ok {
		t.Error("two do it")
	}
	elsewhere, ok, _ := other.Sole(t.Context(), "sweep")
	if !ok {
		t.Error("something else is kept from being done")
	}
	elsewhere()
	done()
	if done, ok, _ = other.Sole(t.Context(), "tidy"); !ok {
		t.Fatal("it is done, and may not be done again")
	}
	done()

	key := "turns/!tidy"
	etag, err := one.client.put(t.Context(), key, []byte("of a process that has ended"), condition{none: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := other.Sole(t.Context(), "tidy"); ok {
		t.Error("nobody knows yet that it has ended")
	}
	other.watched[key] = watched{etag, time.Now().Add(-2 * claimAge)}
	done, ok, _ = other.Sole(t.Context(), "tidy")
	if !ok {
		t.Fatal("a process that has ended keeps others from it")
	}
	if _, ok, _ := one.Sole(t.Context(), "tidy"); ok {
		t.Error("two do it after one has ended")
	}
	done()
}

// The claim of a process that has ended is waited for once, and then belongs to the one who waited.
func TestTurnAfterADeadOne(t *testing.T) {
	url := newURL(servers.S3(t))
	s := create(t, url, Options{})
	if _, err := s.client.put(t.Context(), claimKey("heads/main"), []byte("of a process that has ended"), condition{none: true}); err != nil {
		t.Fatal(err)
	}
	s.line("heads/main").lost = time.Now() // as one that was overtaken
	began := time.Now()
	done, held := s.Turn(t.Context(), "heads/main")
	if took := time.Since(began); !held || took < claimAge {
		t.Errorf("its turn (%t) has come after %v", held, took)
	}
	done()
	if o, err := s.client.get(t.Context(), claimKey("heads/main"), ""); !errors.Is(err, errNoKey) {
		t.Errorf("a claim is left: %v, %v", o, err)
	}
	s.rivalled("heads/main")
	began = time.Now()
	done, _ = s.Turn(t.Context(), "heads/main")
	if took := time.Since(began); took > claimAge {
		t.Errorf("with no claim there the turn has come after %v", took)
	}
	done()
}
