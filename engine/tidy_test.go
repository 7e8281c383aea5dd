package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// tidy thins snapshots out and checks that everything that is left is whole.
func (w *story) tidy() cas.Collected {
	w.t.Helper()
	done, err := Tidy(w.ctx, w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	w.checkWhole()
	return done
}

// missing are the commits' snapshots that are not there.
func (w *story) missing() (n int) {
	w.t.Helper()
	seen := map[cid.Cid]bool{}
	for _, db := range w.roots {
		base := db.s.commit.Base
		if ok, err := w.store.Has(w.ctx, base); err != nil {
			w.t.Fatal(err)
		} else if !ok && !seen[base] {
			seen[base] = true
			n++
		}
	}
	return n
}

// everything reads all datoms of a value, and what was.
func everything(ctx context.Context, db DB) (string, error) {
	var text strings.Builder
	for _, x := range []Index{EAVT, AEVT, AVET} {
		for d, err := range db.History().Datoms(ctx, x, Pattern{}) {
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&text, d)
		}
	}
	return text.String(), nil
}

// TestTidy thins out the snapshots of a log: every commit can be opened as before, transactions and a gc go on.
func TestTidy(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(500)
	before := w.count()
	if done := w.tidy(); done.Blocks == 0 || done.Blocks != before-w.count()+1 { // the list of what is missing is new
		t.Errorf("%+v, %d blocks of %d", done, w.count(), before)
	}
	if n := w.missing(); n != 6 { // of 7 that were stored, the newest stays
		t.Errorf("%d snapshots were thinned out", n)
	}
	for i := 0; i < len(w.roots); i += 7 {
		db := w.roots[i]
		got, err := w.fresh(db.Commit())
		if err != nil || got.Root() != db.Root() {
			t.Fatalf("commit %d: %v", db.T(), err)
		}
	}
	if done := w.tidy(); done.Blocks != 0 {
		t.Errorf("%d blocks are removed by doing it again", done.Blocks)
	}
	if done := w.gc(Retention{}); done.Blocks != 0 {
		t.Errorf("%d blocks are garbage afterwards", done.Blocks)
	}
	head := w.conn.dbNow(t)
	if done, err := Rebuild(w.ctx, w.store, head.Commit(), nil); err != nil || done.Transactions != 501 {
		t.Errorf("rebuild: %+v, %v", done, err)
	}
	w.write(100)
	w.tidy()
	w.gc(Retention{Last: 10})
	head = w.conn.dbNow(t)
	for back := range uint64(10) {
		db, err := head.AsOf(w.ctx, head.T()-back)
		if err != nil || db.Root() != w.roots[head.T()-back].Root() {
			t.Fatalf("%d before the head: %v", back, err)
		}
		if got, err := w.fresh(db.Commit()); err != nil || got.Root() != db.Root() {
			t.Fatalf("%d before the head, anew: %v", back, err)
		}
	}
}

// TestTidyUnderOpenValues removes snapshots that values in this process and in another are reading from.
func TestTidyUnderOpenValues(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(400)
	var open []DB
	var want []string
	for i := 5; i < 400; i += 50 {
		db, err := Open(w.ctx, Cached(struct{ cas.Getter }{w.store}, 1), w.roots[i].Commit()) // what is read is not kept
		if err != nil {
			t.Fatal(err)
		}
		text, err := everything(w.ctx, w.roots[i])
		if err != nil {
			t.Fatal(err)
		}
		open, want = append(open, db), append(want, text)
	}
	w.tidy()
	for i, db := range open {
		got, err := everything(w.ctx, db)
		if err != nil || got != want[i] {
			t.Errorf("commit %d that was open: %v", db.T(), err)
		}
	}
	for i := 0; i < len(w.roots); i += 40 {
		if _, err := everything(w.ctx, w.roots[i]); err != nil {
			t.Fatalf("commit %d: %v", i, err)
		}
	}
}

// TestTidyKeepsPins checks that nothing goes that a pin reaches.
func TestTidyKeepsPins(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(200)
	unpin, err := w.store.Pin(w.ctx, w.roots[190].Commit())
	if err != nil {
		t.Fatal(err)
	}
	w.write(200)
	w.tidy()
	for i, db := range w.roots[:191] {
		if ok, err := w.store.Has(w.ctx, db.s.commit.Base); !ok || err != nil {
			t.Fatalf("the base of pinned commit %d: %v, %v", i, ok, err)
		}
	}
	unpin()
	w.tidy()
	if n := w.missing(); n != 5 {
		t.Errorf("%d snapshots were thinned out once nothing was pinned", n)
	}
}

// TestTidyAgainstARef points a branch at a commit of which the snapshot is being thinned out; then transactions are made on one whose snapshot is gone.
func TestTidyAgainstARef(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(300)
	old := w.roots[100]
	s := &lateRef{Memory: w.store, name: "tags/late", id: old.Commit()}
	if _, err := Tidy(w.ctx, s); err != nil {
		t.Fatal(err)
	}
	w.checkWhole()
	if ok, err := w.store.Has(w.ctx, old.s.commit.Base); !ok || err != nil {
		t.Errorf("the base of the new tag: %v, %v", ok, err)
	}
	gone := w.roots[230]
	if ok, _ := w.store.Has(w.ctx, gone.s.commit.Base); ok {
		t.Fatal("nothing was thinned out")
	}
	if err := w.store.SetRef(w.ctx, "heads/side", cid.Undef, gone.Commit()); err != nil {
		t.Fatal(err)
	}
	side, err := Connect(w.ctx, w.store, "side")
	if err != nil {
		t.Fatal(err)
	}
	r, err := side.Transact(w.ctx, forms(t, `[{:person/id "p1" :person/name "on the side"}]`), Meta{})
	if err != nil || r.Commit.Tail != 0 {
		t.Fatalf("a tail of %d, %v", r.Commit.Tail, err)
	}
	w.checkWhole()
	w.tidy()
	if got, err := w.fresh(r.Commit.ID); err != nil || got.Root() != r.After.Root() {
		t.Errorf("the commit on the side: %v", err)
	}
}

// failing is a store that fails to collect.
type failing struct {
	*cas.Memory
	err error
}

func (s failing) Collect(context.Context, bool, cas.Mark) (cas.Collected, error) {
	return cas.Collected{}, s.err
}

func TestTidyFails(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(300)
	broken := errors.New("the disk is full")
	if _, err := Tidy(w.ctx, failing{w.store, broken}); !errors.Is(err, broken) {
		t.Errorf("a store that cannot collect: %v", err)
	}
	w.checkWhole()
	if n := w.missing(); n != 0 {
		t.Errorf("%d snapshots are gone", n)
	}
	w.write(10)
	w.tidy()
	if _, err := Tidy(w.ctx, struct{ cas.RefStore }{w.store}); !errors.Is(err, cas.ErrUnsupported) {
		t.Errorf("a store that cannot forget: %v", err)
	}
}

// growing is a store that has Transact tidy up whenever nodes were stored: it is asked before and afterwards.
type growing struct {
	*cas.Memory
	asked *int
}

func (s growing) Growth() (fresh, rest int64) {
	*s.asked++
	return int64(*s.asked%2) << 40, 0
}

// TestTidyRandom has random logs, in which snapshots come often, thinned out all the time: everything is as it was.
func TestTidyRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newStory(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			w.change()
			if rapid.IntRange(0, 5).Draw(t, "tidy") == 0 {
				w.tidy()
			}
		}
		w.tidy()
		for i, db := range w.roots {
			got, err := w.fresh(db.Commit())
			if err != nil || got.Root() != db.Root() {
				t.Fatalf("commit %d: %v", i, err)
			}
		}
		if _, err := Rebuild(w.ctx, w.store, w.conn.dbNow(t).Commit(), nil); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTransactTidies checks that it is done without being asked for.
func TestTransactTidies(t *testing.T) {
	w := startStory(t, Options{})
	w.conn.store = growing{w.store, new(int)}
	w.must(testSchema)
	for n := range 200 {
		r, err := w.conn.Transact(w.ctx, forms(t, fmt.Sprintf(`[{:person/id "p%d" :person/name "n"}]`, n)), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		w.roots = append(w.roots, r.After)
		if err := w.conn.Tidied(w.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.missing(); n != 2 {
		t.Errorf("%d snapshots were thinned out", n)
	}
	w.checkWhole()
}

// stuck is a store that Transact is to make small whenever nodes were stored, and that does not come to an end with that until it is let go.
type stuck struct {
	*cas.Memory
	entered chan struct{}
	release chan struct{}
}

func (s stuck) Growth() (fresh, rest int64) { return 1 << 40, 0 }

func (s stuck) Collect(ctx context.Context, thorough bool, mark cas.Mark) (cas.Collected, error) {
	s.entered <- struct{}{}
	select {
	case <-s.release:
	case <-ctx.Done():
		return cas.Collected{}, ctx.Err()
	}
	return s.Memory.Collect(ctx, thorough, mark)
}

// TestTransactDoesNotWaitForTidy makes transactions while the storage is made smaller, which is done once at a time; who waits for that, waits.
func TestTransactDoesNotWaitForTidy(t *testing.T) {
	w := startStory(t, Options{})
	s := stuck{w.store, make(chan struct{}, 100), make(chan struct{})}
	w.conn.store = s
	w.must(testSchema)
	transact := func(n int) {
		r, err := w.conn.Transact(w.ctx, forms(t, fmt.Sprintf(`[{:person/id "p%d" :person/name "n"}]`, n)), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		w.roots = append(w.roots, r.After)
	}
	for n := range 200 {
		transact(n)
	}
	<-s.entered
	if n := len(s.entered); n != 0 {
		t.Errorf("%d more have begun", n)
	}
	brief, cancel := context.WithCancel(w.ctx)
	cancel()
	if err := w.conn.Tidied(brief); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for what does not end: %v", err)
	}
	close(s.release)
	for n := range 70 { // what was begun above had seen one snapshot
		if err := w.conn.Tidied(w.ctx); err != nil {
			t.Fatal(err)
		}
		w.conn.unkept = 0
		transact(200 + n)
	}
	if err := w.conn.Tidied(w.ctx); err != nil {
		t.Fatal(err)
	}
	if n := w.missing(); n == 0 {
		t.Error("nothing was thinned out")
	}
	asked, before := 0, len(s.entered)
	w.conn.TidyElsewhere(func() { asked++ })
	w.conn.unkept = 0
	for n := range 70 {
		transact(270 + n)
	}
	if asked == 0 || len(s.entered) != before {
		t.Errorf("asked %d times to do it elsewhere, and done %d times here", asked, len(s.entered)-before)
	}
	w.checkWhole()
}
