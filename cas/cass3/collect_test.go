package cass3

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
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

// littered makes a store with a branch of 4 commits, one that goes back, and garbage in several packs.
func littered(t testing.TB, url string) (head cid.Cid, live int) {
	t.Helper()
	s := create(t, url, Options{Alone: true})
	chain := castest.Chain(3, 4)
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

// A writer that began before a Collect, took in packs with garbage and stored its pack only while they were removed, leaves nothing of it behind.
func TestCollectSeesStrays(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, live := littered(t, url)
	late := again(t, url, Options{})
	r, err := newRecord(secret)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire()
	s := again(t, url, Options{Transport: w})
	var once sync.Once
	w.set(func(r2 *http.Request) error {
		if r2.Method == http.MethodDelete && strings.Contains(r2.URL.Path, "/packs/") {
			once.Do(func() {
				if err := late.store(t.Context(), build(late.now(), []*record{r}, nil, late.where)); err != nil {
					t.Error(err)
				}
			})
		}
		return nil
	}, nil)
	if _, err := s.Collect(t.Context(), true, reachable(s)); err != nil {
		t.Fatal(err)
	}
	if holds(t, s, secret.Data()) {
		t.Error("what was garbage is in the bucket again")
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", head, live)
}

// A pack that another one has replaced is removed by a later commit. So nothing may depend on it, also where most of it is live and most of the other one is garbage, and
// the collector knows of the other one only because a ref lists it.
func TestCollectKeepsNothingInReplacedPacks(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	writer := create(t, url, Options{Alone: true})
	chain := castest.Chain(8, 202)
	commit := func(i int, more ...cas.Block) {
		t.Helper()
		old := cid.Undef
		if i > 0 {
			old = chain[i-1].CID()
		}
		if err := writer.Commit(t.Context(), append(more, chain[i]), "heads/main", old, chain[i].CID()); err != nil {
			t.Fatal(err)
		}
	}
	commit(0)
	var garbage []cas.Block
	for i := range 20 {
		garbage = append(garbage, castest.Raw(uint64(100+i)))
	}
	commit(1, garbage...)
	if old := writer.seen("heads/main").old; len(old) != 1 {
		t.Fatalf("%d packs were replaced", len(old))
	}
	collector := again(t, url, Options{})
	if done, err := collector.Collect(t.Context(), false, reachable(collector)); err != nil || done.Blocks != len(garbage) {
		t.Fatal(done, err)
	}
	writer = again(t, url, Options{})
	for i := range chain[2:] {
		commit(2 + i)
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", chain[len(chain)-1].CID(), len(chain))
}

// Who closes a store while garbage is removed from it keeps nobody waiting.
func TestCloseEndsCollect(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, _ := littered(t, url)
	s := again(t, url, Options{})
	asked, closed := 0, make(chan error, 1)
	_, err := s.Collect(t.Context(), false, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if asked++; asked == 2 { // the refs were moved
			go func() { closed <- s.Close() }()
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return reachable(s)(ctx, refs, pins)
	})
	if err == nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if g, err := again(t, url, Options{}).readGC(t.Context()); err != nil || g.phase != gcIdle {
		t.Errorf("others wait: %+v, %v", g, err)
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", head, -1)
}
