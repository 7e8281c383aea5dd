package fs

import (
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"pgregory.net/rapid"
)

func TestNumbersHoldAddresses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s slots
		commits := []*commit{{}, {}, {}}
		counts := map[uint64]uint64{}
		seen := map[uint64]address{}
		t.Repeat(map[string]func(*rapid.T){
			"look up": func(t *rapid.T) {
				a := address{
					c:      rapid.SampledFrom(commits).Draw(t, "commit"),
					entity: engine.ID(rapid.Uint64Range(1, 1<<41).Draw(t, "entity")),
				}
				if rapid.Bool().Draw(t, "file") {
					a.attr = attrBase + engine.ID(rapid.Uint64Range(1, 5000).Draw(t, "attribute"))
				} else {
					a.kind, a.paged = rapid.IntRange(0, 5000).Draw(t, "kind"), rapid.Bool().Draw(t, "paged")
				}
				id, ok := s.bind(a)
				if fits := a.entity < 1<<40 && a.attr < attrBase+4096 && a.kind < 2048; ok != fits {
					t.Fatalf("%+v fits: %v", a, ok)
				}
				if !ok {
					return
				}
				if got, ok := s.address(id); !ok || got != a {
					t.Fatalf("%+v comes back as %+v", a, got)
				}
				if before, ok := seen[id]; ok && before != a && counts[id] > 0 {
					t.Fatalf("%x stands for %+v and %+v", id, before, a)
				}
				seen[id] = a
				counts[id]++
			},
			"forget": func(t *rapid.T) {
				for id, n := range counts {
					s.forget(id, n)
					delete(counts, id)
					break
				}
			},
		})
		for id, n := range counts {
			s.forget(id, n)
		}
		for _, slot := range s.list {
			if slot.c != nil || slot.lookups != 0 {
				t.Fatalf("a slot is in use when all is forgotten")
			}
		}
	})
}

func TestTooManyCommitsForSlots(t *testing.T) {
	var s slots
	for i := range maxSlots + 1 {
		if _, ok := s.bind(address{c: &commit{}, entity: 1, attr: attrBase + 1}); ok != (i < maxSlots) {
			t.Fatalf("commit %d: %v", i, ok)
		}
	}
}

func TestOnlyWalksMayGlance(t *testing.T) {
	now := time.Now()
	believed := func(w *walks, first, threads, each int, step time.Duration) (n int) {
		for range each {
			for thread := range threads {
				if w.glances(uint32(first+thread), linkKey{1, "head"}, now) {
					n++
				}
			}
			now = now.Add(step)
		}
		return n
	}
	if n := believed(new(walks), 1, 1, 100, time.Millisecond); n != 0 {
		t.Errorf("a look-up each millisecond is no walk, but %d are believed", n)
	}
	for threads := 1; threads <= 2; threads++ {
		if n := believed(new(walks), 1, threads, 100, 0); n < 50*threads {
			t.Errorf("of 100 look-ups of %d threads at once %d are believed", threads, n)
		}
	}
	if n := believed(new(walks), 1, 3, 100, 0); n != 0 {
		t.Errorf("where three threads walk, each may have to wait, but %d answers are believed", n)
	}
	if n := believed(new(walks), 0, 1, 100, 0); n != 0 {
		t.Errorf("thread 0 may be any thread of another PID namespace, but %d answers are believed", n)
	}
}

func TestRequestOutlivesAnInterrupt(t *testing.T) {
	interrupted := make(chan struct{})
	r := newRequest(interrupted)
	if r.Err() != nil {
		t.Error(r.Err())
	}
	done := r.Done()
	close(interrupted)
	select {
	case <-done:
		t.Error("a request ends with the interrupt")
	case <-time.After(grace / 2):
	}
	<-done
	if r.Err() == nil {
		t.Error("no error after the end")
	}
	r.finish()
}
