package cass3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// reachable keeps what refs and pins of s reach.
func reachable(s *Store) cas.Mark {
	return func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		roots := slices.Clone(pins)
		for _, r := range refs {
			roots = append(roots, r.CID)
		}
		live := map[cid.Cid]bool{}
		for b, err := range cas.Walk(ctx, s, roots, nil) {
			if err != nil {
				return nil, err
			}
			live[b.CID()] = true
		}
		return func(id cid.Cid) bool { return live[id] }, nil
	}
}

// secret is a block that is garbage in what littered makes, and found by its bytes: nothing compresses it.
var secret = cas.NewBlock(cas.Raw, []byte("what is to be forgotten"))

// littered makes a store with a branch of 7 commits, one that goes back, and garbage in several packs.
func littered(t testing.TB, url string) (head cid.Cid, live int) {
	t.Helper()
	s := create(t, url, Options{Alone: true})
	chain := castest.Chain(3, 7)
	old := cid.Undef
	for i, b := range chain {
		more := []cas.Block{castest.Raw(uint64(i)), b}
		if i%3 == 0 {
			more = append(more, castest.Node(uint64(900+i), castest.Raw(uint64(i)).CID())) // nothing leads there
		}
		if err := s.Commit(t.Context(), more, "heads/main", old, b.CID()); err != nil {
			t.Fatal(err)
		}
		old = b.CID()
	}
	lost := castest.Node(77, secret.CID(), chain[3].CID())
	if err := s.Commit(t.Context(), []cas.Block{secret, lost}, "heads/gone", cid.Undef, lost.CID()); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRef(t.Context(), "heads/gone", lost.CID(), cid.Undef); err != nil {
		t.Fatal(err)
	}
	return old, len(chain)
}

// holds tells whether any object has the bytes.
func holds(t testing.TB, s *Store, what []byte) bool {
	t.Helper()
	all, err := s.client.list(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		got, err := s.client.get(t.Context(), o.key, "")
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got.data, what) {
			return true
		}
	}
	return false
}

// wantWhole checks that a process that knows nothing reads all that a branch has, and lists n blocks, unless that is -1.
func wantWhole(t testing.TB, s *Store, ref string, head cid.Cid, n int) {
	t.Helper()
	id, err := s.Ref(t.Context(), ref)
	if err != nil || id != head {
		t.Fatalf("%s points at %v, %v; want %v", ref, id, err, head)
	}
	found, err := cas.Verify(t.Context(), s, []cid.Cid{id}, nil, nil)
	if err != nil || len(found.Faults) > 0 {
		t.Fatal(err, found.Faults)
	}
	all := 0
	for _, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all++
	}
	if n >= 0 && all != n {
		t.Fatalf("%d blocks, want %d", all, n)
	}
}

// What was garbage is in no byte of the bucket afterwards, and a reader that counts on packs that went finds all that is live.
func TestCollectLeavesNoByte(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, live := littered(t, url)
	early := again(t, url, Options{})
	if _, err := early.Ref(t.Context(), "heads/main"); err != nil {
		t.Fatal(err)
	}
	s := again(t, url, Options{})
	if !holds(t, s, secret.Data()) {
		t.Fatal("the secret is not stored as it is: the test checks nothing")
	}
	before, err := s.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Collect(t.Context(), true, reachable(s))
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if done.Bytes <= 0 || after.Blocks != int64(live) || before.Blocks-after.Blocks != int64(done.Blocks) {
		t.Errorf("%+v; before %+v, after %+v", done, before, after)
	}
	if holds(t, s, secret.Data()) {
		t.Error("what was garbage is still in the bucket")
	}
	wantWhole(t, s, "heads/main", head, live)
	wantWhole(t, early, "heads/main", head, live)
	wantWhole(t, again(t, url, Options{}), "heads/main", head, live)

	// Nothing is left to do, and writers go on at two PUTs a commit.
	if done, err := s.Collect(t.Context(), true, reachable(s)); err != nil || done != (cas.Collected{}) {
		t.Errorf("Collect again = %+v, %v", done, err)
	}
	w := newWire()
	writer := again(t, url, Options{Transport: w}).Begin()
	for i := range 3 {
		b := castest.Node(uint64(4000+i), head)
		w.take()
		if err := cas.Commit(t.Context(), writer, []cas.Block{b}, "heads/main", head, b.CID()); err != nil {
			t.Fatal(err)
		}
		if n := w.take(); i > 0 && (n.put != 2 || n.list > 0) {
			t.Errorf("commit %d: %s", i, n)
		}
		head = b.CID()
	}
}

// A collector that ends at any of its requests, before the server has seen it or before the answer comes, leaves all that is live; others
// go on, and the next one removes what it has left.
func TestCollectCutAnywhere(t *testing.T) {
	t.Parallel()
	endpoint := fake(t, nil)
	requests, _ := collectCut(t, fakeURL(endpoint), 1<<30, false)
	t.Logf("%d requests", requests)
	if requests < 30 {
		t.Errorf("a Collect made %d requests: the test cuts too few", requests)
	}
	var all errgroup.Group
	all.SetLimit(8) // mostly they wait for answers
	for n := 1; n <= requests; n++ {
		all.Go(func() error {
			t.Run(fmt.Sprintf("request %d", n), func(t *testing.T) {
				if _, changes := collectCut(t, fakeURL(endpoint), n, false); changes { // else an answer that is lost is as good as a request that is
					collectCut(t, fakeURL(endpoint), n, true)
				}
			})
			return nil
		})
	}
	_ = all.Wait()
}

// collectCut cuts a Collect at its nth request, which the server carries out where answered is set, and checks what is left. It tells how many
// there were, and whether the nth may change something.
func collectCut(t *testing.T, url string, n int, answered bool) (requests int, changes bool) {
	head, live := littered(t, url)
	w := newWire()
	s := again(t, url, Options{Transport: w, Patience: time.Millisecond})
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
	_, err := s.Collect(ctx, true, reachable(s))
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

// Pins whose process has died end by themselves, and those of others count, whatever this machine's clock says.
func TestPinsEnd(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	s := create(t, url, Options{})
	b := castest.Raw(1)
	if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	dying := again(t, url, Options{})
	if _, err := dying.Pin(t.Context(), b.CID()); err != nil {
		t.Fatal(err)
	}
	if pins, err := s.livePins(t.Context()); err != nil || !slices.Equal(pins, []cid.Cid{b.CID()}) {
		t.Fatal(pins, err)
	}
	// It has been renewed now and then, until just now.
	dying.renew(t.Context())
	if pins, err := s.pinsAt(t.Context(), lease/2); err != nil || len(pins) != 1 {
		t.Fatal(pins, err)
	}
	if pins, err := s.pinsAt(t.Context(), lease+time.Minute); err != nil || len(pins) != 0 {
		t.Fatal(pins, err)
	}
	if all, err := s.client.list(t.Context(), "pins/"); err != nil || len(all) != 0 {
		t.Error(all, err)
	}

	// Who is done soon has not pinned.
	w := newWire()
	reader := again(t, url, Options{Transport: w})
	reader.PinLater(time.Hour, b.CID())()
	if n := w.take(); n.put > 0 {
		t.Error(n)
	}
	unpin := reader.PinLater(0, b.CID())
	for try := 0; ; try++ {
		pins, err := s.livePins(t.Context())
		if err != nil || try == 500 {
			t.Fatal(pins, err)
		}
		if len(pins) == 1 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	unpin()
	if pins, err := s.livePins(t.Context()); err != nil || len(pins) > 0 {
		t.Error(pins, err)
	}
}

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
