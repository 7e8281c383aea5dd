package queries_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSoak asks as many queries as DHFS_SOAK says, on all processors. It begins with the seed DHFS_SEED, or another one each
// time; a difference is told with its seed, and DHFS_SOAK=1 DHFS_SEED=that finds it again.
func TestSoak(t *testing.T) {
	n, err := strconv.ParseInt(os.Getenv("DHFS_SOAK"), 10, 64)
	if err != nil {
		t.Skip("DHFS_SOAK is no number of queries")
	}
	first, err := strconv.ParseUint(os.Getenv("DHFS_SEED"), 10, 64)
	if err != nil {
		first = uint64(time.Now().UnixNano())
	}
	s := &soak{wanted: n, began: time.Now()}
	s.next.Store(first)
	done := make(chan struct{})
	go s.report(done)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() { s.work(t) })
	}
	wg.Wait()
	close(done)
	fmt.Fprintln(os.Stderr, s)
	t.Log(s)
}

// soak is what many sessions found so far.
type soak struct {
	wanted int64
	began  time.Time
	next   atomic.Uint64 // the seed of the next session

	mu          sync.Mutex
	asked       outcome
	differences int
}

func (s *soak) work(t *testing.T) {
	for !s.finished() {
		seed := s.next.Add(1) - 1
		var o outcome
		fault := newWriter(seed).session(t, perSession, &o)
		s.mu.Lock()
		s.asked.add(o)
		if fault != "" {
			s.differences++
			t.Errorf("DHFS_SEED=%d\n%s", seed, fault)
		}
		s.mu.Unlock()
	}
}

func (s *soak) finished() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.asked.tried) >= s.wanted
}

func (s *soak) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%v: %d queries, %d answered, %d with rows, %d differences",
		time.Since(s.began).Round(time.Second), s.asked.tried, s.asked.answered, s.asked.withRows, s.differences)
}

// report tells every few seconds how far it is.
func (s *soak) report(done chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(5 * time.Second):
			fmt.Fprintln(os.Stderr, s)
		}
	}
}
