package cass3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// A collector that ends at any of its requests, before the server has seen it or before the answer comes, leaves all that is live; others
// go on, and the next one removes what it has left.
func TestCollectCutAnywhere(t *testing.T) {
	t.Parallel()
	endpoint := fake(t, nil)
	for name, c := range map[string]struct {
		made     func(testing.TB, string) (cid.Cid, int)
		thorough bool
		requests int // at least
	}{"thorough": {littered, true, 30}, "hiding": {mostlyLive, false, 15}} {
		cut := func(t *testing.T, n int, answered bool) (int, bool) {
			url := fakeURL(endpoint)
			head, live := c.made(t, url)
			return collectCut(t, url, head, live, c.thorough, n, answered)
		}
		requests, _ := cut(t, 1<<30, false)
		t.Logf("%s: %d requests", name, requests)
		if requests < c.requests {
			t.Errorf("a Collect made %d requests: the test cuts too few", requests)
		}
		var all errgroup.Group
		all.SetLimit(8) // mostly they wait for answers
		for n := 1; n <= requests; n++ {
			all.Go(func() error {
				t.Run(fmt.Sprintf("%s/request %d", name, n), func(t *testing.T) {
					if _, changes := cut(t, n, false); changes { // else an answer that is lost is as good as a request that is
						cut(t, n, true)
					}
				})
				return nil
			})
		}
		_ = all.Wait()
	}
}

// collectCut cuts a Collect at its nth request, which the server carries out where answered is set, and checks what is left. It tells how many
// there were, and whether the nth may change something.
func collectCut(t *testing.T, url string, head cid.Cid, live int, thorough bool, n int, answered bool) (requests int, changes bool) {
	w := newWire()
	s := again(t, url, Options{Transport: w, Patience: 100 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	count := 0
	w.set(func(r *http.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if count++; count == n {
			changes = r.Method == http.MethodPut || r.Method == http.MethodDelete
		}
		if count > n || count == n && !answered {
			cancel()
			return errCut
		}
		return nil
	}, func(*http.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if count >= n {
			cancel()
			return errCut
		}
		return nil
	})
	_, err := s.Collect(ctx, thorough, reachable(s))
	mu.Lock()
	requests = count
	mu.Unlock()
	if requests < n && err != nil {
		t.Fatal(err)
	}
	next := again(t, url, Options{})
	next.fencing = 5 * time.Millisecond
	wantWhole(t, next, "heads/main", head, -1)
	b := castest.Node(5000, head)
	err = cas.ErrConflict
	for try := 0; try < 3 && errors.Is(err, cas.ErrConflict); try++ {
		err = cas.Commit(t.Context(), next.Begin(), []cas.Block{b}, "heads/main", head, b.CID())
	}
	if err != nil {
		t.Fatalf("cut at request %d: commit: %v", n, err)
	}
	if _, err := next.Collect(t.Context(), true, reachable(next)); err != nil {
		t.Fatalf("cut at request %d: %v", n, err)
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", b.CID(), live+1)
	if holds(t, next, secret.Data()) {
		t.Fatalf("cut at request %d: garbage is left", n)
	}
	if all, err := next.client.list(t.Context(), "packs/"); err != nil || len(all) > 8 {
		t.Fatalf("cut at request %d: %d packs are left, %v", n, len(all), err)
	}
	return requests, changes
}

// Answers to what a collector says get lost: it looks what was done.
func TestCollectLostAnswers(t *testing.T) {
	t.Parallel()
	endpoint := fake(t, nil)
	for _, suffix := range []string{"/dhfs", "/refs/heads!main"} {
		for nth := 1; nth <= 3; nth++ {
			url := fakeURL(endpoint)
			head, live := littered(t, url)
			w := newWire()
			s := again(t, url, Options{Transport: w})
			if err := s.probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			seen := 0
			w.set(nil, func(r *http.Request) error {
				if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, suffix) {
					if seen++; seen == nth {
						return errCut
					}
				}
				return nil
			})
			done, err := s.Collect(t.Context(), true, reachable(s))
			if err != nil || done.Blocks == 0 {
				t.Fatalf("answer %d to %s lost: %+v, %v", nth, suffix, done, err)
			}
			wantWhole(t, again(t, url, Options{}), "heads/main", head, live)
		}
	}
}

// A collector that stalls before it says what is garbage is stopped by a writer that would not wait; when it goes on it begins anew.
func TestCollectStopped(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, live := littered(t, url)
	s := again(t, url, Options{})
	other := again(t, url, Options{})
	other.fencing = 10 * time.Millisecond
	asked := 0
	mark := func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if asked++; asked == 2 {
			b := castest.Node(6000, head, castest.Node(900, castest.Raw(0).CID()).CID()) // which was garbage
			err := other.Commit(ctx, []cas.Block{b}, "heads/main", head, b.CID())
			if err != nil {
				return nil, err
			}
			head = b.CID()
		}
		return reachable(s)(ctx, refs, pins)
	}
	if _, err := s.Collect(t.Context(), true, mark); err != nil {
		t.Fatal(err)
	}
	if asked != 4 {
		t.Errorf("mark was asked %d times, want 4", asked)
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", head, live+3)
}
