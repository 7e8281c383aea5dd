package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// gc collects garbage and checks that everything that is left is whole.
func (w *story) gc(keep Retention) cas.Collected {
	w.t.Helper()
	done, err := GC(w.ctx, w.store, keep, false, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.checkWhole()
	return done
}

// checkWhole checks that nothing is missing but what is said to be.
func (w *story) checkWhole() {
	w.t.Helper()
	absent, err := cas.ReadAbsent(w.ctx, w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	refs, err := w.store.Refs(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range refs {
		found, err := cas.Verify(w.ctx, w.store, []cid.Cid{r.CID}, absent.Missing(w.ctx, w.store), nil)
		if err != nil || len(found.Faults) > 0 {
			w.t.Fatalf("%s: %v, %v", r.Name, err, found.Faults)
		}
	}
}

// write makes n transactions.
func (w *story) write(n int) {
	w.t.Helper()
	for range n {
		w.must(fmt.Sprintf(`[{:person/id "p%d" :person/name "name of %d"}]`, len(w.roots)%40, len(w.roots)))
	}
}

func (w *story) count() (n int) {
	for _, err := range w.store.All(w.ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
		n++
	}
	return n
}

// fresh opens the commit as another process would.
func (w *story) fresh(id cid.Cid) (DB, error) { return Open(w.ctx, w.store, id) }

func TestGCKeepsHistory(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(150)
	before := w.count()
	if done := w.gc(Retention{}); done.Blocks != 0 || w.count() != before {
		t.Errorf("%d of %d blocks were garbage", done.Blocks, before)
	}
	main := w.conn.dbNow(t)
	tagged := w.roots[100].Commit()
	if err := w.store.SetRef(w.ctx, "heads/main", main.Commit(), tagged); err != nil {
		t.Fatal(err)
	}
	dropped, err := Garbage(w.ctx, w.store, Retention{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := w.gc(Retention{})
	var blocks int
	var bytes int64
	for _, d := range dropped {
		blocks, bytes = blocks+d.Blocks, bytes+d.Bytes
	}
	if done.Blocks != blocks || done.Bytes != bytes || len(dropped) != 51 || w.count() != before-done.Blocks {
		t.Errorf("%d blocks of %d bytes of %d commits were announced, %+v were removed of %d", blocks, bytes, len(dropped), done, before)
	}
	if dropped[0].Commit.ID != main.Commit() || dropped[0].Commit.T != 151 {
		t.Errorf("the first of what goes is %+v", dropped[0].Commit)
	}
	for _, db := range w.roots[:101] {
		if got, err := w.fresh(db.Commit()); err != nil || got.Root() != db.Root() {
			t.Fatalf("commit %d: %v", db.T(), err)
		}
	}
	if _, err := w.fresh(main.Commit()); !errors.Is(err, cas.ErrNotFound) || errors.Is(err, ErrPruned) {
		t.Errorf("a commit that was given up: %v", err)
	}
}

// TestGCRetention drops old history again and again while transactions go on: the values are those of a
// database that keeps everything.
func TestGCRetention(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(80)
	for range 5 {
		w.write(45)
		w.gc(Retention{Last: 10})
		kept := 0
		var last error
		for c, err := range Log(w.ctx, w.store, w.conn.dbNow(t).Commit()) {
			if last = err; err != nil {
				break
			}
			db, err := w.fresh(c.ID)
			if last = err; errors.Is(err, ErrPruned) { // kept for the jumps of later ones only
				break
			}
			if err != nil || db.Root() != w.roots[c.T].Root() {
				t.Fatalf("commit %d: %v", c.T, err)
			}
			kept++
		}
		if !errors.Is(last, ErrPruned) || kept < 10 || kept > 10+maxTail {
			t.Fatalf("%d commits are kept, then %v", kept, last)
		}
		again, err := Connect(w.ctx, w.store, "main")
		if err != nil {
			t.Fatal(err)
		}
		w.conn.env = again.env // nothing is to come out of a cache
	}
	head := w.conn.dbNow(t)
	if at, err := head.Instant(w.ctx, 0); err != nil || !at.Equal(w.roots[0].At()) {
		t.Errorf("the time of the first commit: %v, %v", at, err)
	}
	for _, at := range []uint64{0, 1, 60, 200, head.T() - 100} {
		_, err := head.AsOf(w.ctx, at)
		if !errors.Is(err, ErrPruned) {
			t.Errorf("as of %d: %v", at, err)
		}
		c, err := Resolve(w.ctx, w.store, fmt.Sprintf("t%d", at), w.clock)
		if err == nil {
			_, err = w.fresh(c.ID)
		}
		if !errors.Is(err, ErrPruned) {
			t.Errorf("t%d: %v", at, err)
		}
	}
	if db, err := head.AsOf(w.ctx, head.T()-5); err != nil || db.Root() != w.roots[head.T()-5].Root() {
		t.Errorf("as of a commit that is kept: %v", err)
	}
	// What a transaction did that is dropped is still told by its datoms.
	var got []Datom
	for d, err := range head.History().Match(w.ctx, Pattern{T: Some(uint64(100))}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d)
	}
	if want := w.steps[99].datoms; len(got) != len(want) {
		t.Errorf("transaction 100 did %v, want %v", got, want)
	}
}

func TestGCRetentionByTime(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	for range 20 {
		w.write(1)
		w.commitAll()
	}
	since := w.roots[15].At()
	w.gc(Retention{Since: since})
	for _, db := range w.roots {
		_, err := w.fresh(db.Commit())
		if old := db.At().Before(since); old != errors.Is(err, cas.ErrNotFound) || !old && err != nil {
			t.Errorf("commit %d of %s: %v", db.T(), db.At(), err)
		}
	}
}

// commitAll makes an empty transaction that stores all nodes, so that what is kept is not rounded up.
func (w *story) commitAll() {
	w.t.Helper()
	if _, err := w.commit(`[]`, func(novelty, int) bool { return true }); err != nil {
		w.t.Fatal(err)
	}
}

func TestGCOfAPurge(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(70)
	large := strings.Repeat("a large secret ", 200)
	w.must(`[{:person/id "spy" :person/name "xyzzy-secret" :person/tag "` + large + `"}]`)
	w.write(10)
	w.must(`[[:db.purge/entity [:person/id "spy"]]]`)
	purge := w.conn.dbNow(t)
	w.write(10)
	w.gc(Retention{})
	if n := w.holding("xyzzy-secret"); n == 0 {
		t.Error("a gc that keeps all commits has lost one")
	}
	w.gc(Retention{Purged: true})
	for _, secret := range []string{"xyzzy-secret", "a large secret"} {
		if n := w.holding(secret); n > 0 {
			t.Errorf("%q is in %d blocks", secret, n)
		}
	}
	if db, err := w.fresh(purge.Commit()); err != nil || db.Root() != purge.Root() {
		t.Errorf("the purge itself: %v", err)
	}
	if _, err := w.fresh(w.roots[purge.T()-1].Commit()); !errors.Is(err, ErrPruned) {
		t.Errorf("the commit before the purge: %v", err)
	}
	w.write(100)
	w.gc(Retention{})
}

// holding is in how many blocks some text is.
func (w *story) holding(text string) (n int) {
	for id, err := range w.store.All(w.ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
		b, err := w.store.Get(w.ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.Contains(string(b.Data()), text) {
			n++
		}
	}
	return n
}

func TestGCKeepsPins(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(80)
	w.commitAll()
	w.write(3)
	old := w.roots[40]
	unpin, err := w.store.Pin(w.ctx, old.Commit())
	if err != nil {
		t.Fatal(err)
	}
	w.gc(Retention{Last: 1})
	for n, db := range w.roots {
		_, err := w.fresh(db.Commit())
		held := n <= 40 || n >= 82
		if held && err != nil || !held && n > 64 && n < 81 && !errors.Is(err, cas.ErrNotFound) {
			t.Errorf("commit %d: %v", db.T(), err)
		}
	}
	unpin()
	w.gc(Retention{})
	if _, err := w.fresh(old.Commit()); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("what was pinned and is not any more: %v", err)
	}
}

// overtaken is a store in which garbage is collected after the first and the third Put.
type overtaken struct {
	*cas.Memory
	puts *atomic.Int64
}

func (s overtaken) Begin() cas.RefStore { return overtakenSession{s, s.Memory.Begin()} }

type overtakenSession struct {
	overtaken
	inner cas.RefStore
}

func (s overtakenSession) Put(ctx context.Context, blocks []cas.Block) error {
	err := s.inner.Put(ctx, blocks)
	if n := s.puts.Add(1); n == 1 || n == 3 {
		if _, err := GC(ctx, s.Memory, Retention{}, false, nil); err != nil {
			return err
		}
	}
	return err
}

func (s overtakenSession) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	return cas.Commit(ctx, s.inner, blocks, ref, old, next)
}

func (s overtakenSession) SetRef(ctx context.Context, ref string, old, next cid.Cid) error {
	return s.inner.SetRef(ctx, ref, old, next)
}

// TestGCOvertakesATransaction removes nodes that a large transaction has stored ahead of its commit: it runs again.
func TestGCOvertakesATransaction(t *testing.T) {
	ctx, s := t.Context(), overtaken{cas.NewMemory(), new(atomic.Int64)}
	c, err := Create(ctx, s, "main", Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range 2 * maxNovel {
		fmt.Fprintf(&text, "{:n/a %d :n/b %q}\n", i, strings.Repeat(fmt.Sprint(i), 90))
	}
	if _, err := c.TransactLast(ctx, forms(t, text.String()), Meta{}); err != nil {
		t.Fatal(err)
	}
	if s.puts.Load() < 4 {
		t.Fatalf("only %d batches were stored ahead: the transaction was not overtaken", s.puts.Load())
	}
	db := c.dbNow(t)
	found, err := cas.Verify(ctx, s, []cid.Cid{db.Commit()}, nil, nil)
	if err != nil || len(found.Faults) > 0 {
		t.Fatalf("%v, %d faults", err, len(found.Faults))
	}
}

func TestMeasure(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(100)
	w.must(`[{:person/id "p1" :person/name "garbage soon"}]`)
	head := w.conn.dbNow(t)
	if err := w.store.SetRef(w.ctx, "heads/main", head.Commit(), w.roots[101].Commit()); err != nil {
		t.Fatal(err)
	}
	u, err := Measure(w.ctx, w.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	if total := u.Live.Blocks + u.History.Blocks + u.Garbage.Blocks; total != w.count() || u.Garbage.Blocks != 2 {
		t.Errorf("%+v of %d blocks", u, w.count())
	}
	w.gc(Retention{Last: 1})
	left, err := Measure(w.ctx, w.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	if left.Live.Blocks != u.Live.Blocks+1 || left.History.Blocks > maxTail || left.Garbage.Blocks != 0 {
		t.Errorf("%+v is left of %+v", left, u)
	}
}

// TestGCAgainstARef points a ref at a commit that is about to be dropped, at the last moment.
func TestGCAgainstARef(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(100)
	w.commitAll()
	w.write(5)
	old := w.roots[30]
	s := &lateRef{Memory: w.store, name: "tags/late", id: old.Commit()}
	if _, err := GC(w.ctx, s, Retention{Last: 2}, false, nil); err != nil {
		t.Fatal(err)
	}
	w.checkWhole()
	if db, err := w.fresh(old.Commit()); err != nil || db.Root() != old.Root() {
		t.Errorf("the commit of the new tag: %v", err)
	}
	refs, err := w.store.Refs(w.ctx)
	if err != nil || !slices.ContainsFunc(refs, func(r cas.Ref) bool { return r.Name == "tags/late" }) {
		t.Errorf("refs %v, %v", refs, err)
	}
}

// lateRef sets a ref when garbage is about to be removed.
type lateRef struct {
	*cas.Memory
	name string
	id   cid.Cid
}

func (s *lateRef) Collect(ctx context.Context, thorough bool, mark cas.Mark) (cas.Collected, error) {
	if s.name != "" {
		if err := s.SetRef(ctx, s.name, cid.Undef, s.id); err != nil {
			return cas.Collected{}, err
		}
		s.name = ""
	}
	return s.Memory.Collect(ctx, thorough, mark)
}

// sharing is a store whose processes agree on who removes garbage.
type sharing struct {
	stuck
	taken chan struct{}
}

func (s sharing) Sole(context.Context, string) (done func(), ok bool, err error) {
	select {
	case s.taken <- struct{}{}:
		return func() { <-s.taken }, true, nil
	default:
		return nil, false, nil
	}
}

// TestGCWaitsForTidy collects garbage while snapshots are thinned out: what each of them notes to be missing must not be lost to the other.
func TestGCWaitsForTidy(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(500)
	s := sharing{stuck{w.store, make(chan struct{}, 2), make(chan struct{})}, make(chan struct{}, 1)}
	var both errgroup.Group
	both.Go(func() error {
		_, err := Tidy(w.ctx, s)
		return err
	})
	<-s.entered
	brief, cancel := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := GC(brief, s, Retention{}, false, nil); !errors.Is(err, context.DeadlineExceeded) || len(s.entered) > 0 {
		t.Errorf("GC begins beside Tidy: %v", err)
	}
	both.Go(func() error {
		_, err := GC(w.ctx, s, Retention{}, false, nil)
		return err
	})
	close(s.release)
	if err := both.Wait(); err != nil {
		t.Fatal(err)
	}
	if w.missing() == 0 {
		t.Error("nothing was thinned out")
	}
	w.checkWhole()
}
