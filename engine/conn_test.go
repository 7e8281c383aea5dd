package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

func TestCreateTwice(t *testing.T) {
	ctx, s := t.Context(), cas.NewMemory()
	if _, err := Connect(ctx, s, "main"); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("connected to nothing: %v", err)
	}
	if _, err := Create(ctx, s, "main", Options{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(ctx, s, "main", Options{}, time.Now()); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("created a second time: %v", err)
	}
}

func TestReport(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	r := w.must(`[{:db/id "a" :person/id "ada"}]`)
	if r.Before.T() != 1 || r.After.T() != 2 || r.Commit.T != 2 || r.After.Commit() != r.Commit.ID || r.Commit.Root != r.After.Root() {
		t.Errorf("from %d to %d, commit %+v", r.Before.T(), r.After.T(), r.Commit)
	}
	if len(r.Datoms) != 2 || r.Tempids["a"] != 1 {
		t.Errorf("datoms %v, tempids %v", r.Datoms, r.Tempids)
	}
	if r.Before.Commit() == r.After.Commit() || r.After != w.conn.dbNow(t) {
		t.Error("the conn does not point at what was committed")
	}
}

func TestCommitKeepsWhatIsSaidOfIt(t *testing.T) {
	ctx, s := t.Context(), cas.NewMemory()
	c, err := Create(ctx, s, "main", Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Transact(ctx, nil, Meta{By: "ada", Msg: "nothing\nat all"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadCommit(ctx, s, r.Commit.ID)
	if err != nil || again.By != "ada" || again.Msg != "nothing\nat all" || !again.At.Equal(r.Commit.At) {
		t.Errorf("read back %+v, %v", again, err)
	}
	tx, err := ReadTx(ctx, s, again)
	if err != nil || tx.T != 1 || !slices.Equal(tx.Datoms, r.Datoms) || len(tx.Datoms) != 1 {
		t.Errorf("read back %+v, %v", tx, err)
	}
}

// Writers in several processes share nothing but the store.
func TestManyWriters(t *testing.T) {
	ctx, s := t.Context(), cas.NewMemory()
	first, err := Create(ctx, s, "main", Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Transact(ctx, forms(t, testSchema), Meta{}); err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			c, err := Connect(ctx, s, "main")
			for n := range each {
				if err == nil {
					_, err = c.Transact(ctx, forms(t, fmt.Sprintf(`[{:person/id "w%d-%d" :person/friend [:person/id "w%d-%d"]} {:person/id "last" :person/secret %d}]`, i, n, i, n, n)), Meta{})
				}
			}
			if err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	db := first.dbNow(t)
	kinds, err := db.Kinds(ctx)
	if err != nil || db.T() != 1+writers*each || len(kinds) != 1 || kinds[0].Count != writers*each+1 {
		t.Errorf("t %d, kinds %+v, %v", db.T(), kinds, err)
	}
	checkStore(t, s)
}

// checkStore opens every commit of the head's line and checks that all links lead somewhere.
func checkStore(t *testing.T, s cas.RefStore) {
	t.Helper()
	ctx := t.Context()
	id, err := s.Ref(ctx, "heads/main")
	if err != nil {
		t.Fatal(err)
	}
	g := Cached(s, 1<<20)
	for c, err := range Log(ctx, s, id) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ctx, g, c.ID); err != nil {
			t.Fatalf("commit %d: %v", c.T, err)
		}
	}
	for id, err := range s.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		links, err := b.Links()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if ok, err := s.Has(ctx, l); !ok || err != nil {
				t.Fatalf("%s links to %s, which is missing: %v", id, l, err)
			}
		}
	}
}

// beaten is a store on which another writer is always faster.
type beaten struct {
	cas.RefStore
	tries int
}

func (b *beaten) SetRef(context.Context, string, cid.Cid, cid.Cid) error {
	b.tries++
	return fmt.Errorf("heads/main: %w", cas.ErrConflict)
}

func TestTransactGivesUp(t *testing.T) {
	s := cas.NewMemory()
	if _, err := Create(t.Context(), s, "main", Options{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	b := &beaten{RefStore: struct{ cas.RefStore }{s}}
	c, err := Connect(t.Context(), b, "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Transact(t.Context(), nil, Meta{}); !errors.Is(err, cas.ErrConflict) || b.tries != maxAttempts {
		t.Errorf("after %d attempts: %v", b.tries, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Transact(ctx, nil, Meta{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled while waiting: %v", err)
	}
}

// Whatever fails, the database is as it was or as it was meant to become, and the conn goes on.
func TestEveryFault(t *testing.T) {
	castest.EachFault(t, func(t *testing.T, f castest.Fault) *castest.Faulty {
		ctx, inner := t.Context(), cas.NewMemory()
		made, err := Create(ctx, inner, "main", Options{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := made.Transact(ctx, forms(t, testSchema), Meta{}); err != nil {
			t.Fatal(err)
		}
		s := castest.NewFaulty(inner, f)
		acknowledged := faultyWork(ctx, t, s)
		db := made.dbNow(t)
		for _, id := range acknowledged {
			a, _ := db.Schema().ByIdent("person/id")
			if _, ok, err := db.Entid(ctx, a.ID, String(id)); !ok || err != nil {
				t.Errorf("%s was acknowledged and is lost: %v", id, err)
			}
		}
		checkStore(t, inner)
		return s
	})
}

// faultyWork makes some transactions and tells which were acknowledged.
func faultyWork(ctx context.Context, t *testing.T, s cas.RefStore) (acknowledged []string) {
	c, err := Connect(ctx, s, "main")
	if err != nil {
		return nil
	}
	for i := range 4 {
		id := fmt.Sprint("p", i)
		due := policy(always)
		if i%2 == 0 {
			due = never
		}
		if _, err := c.transact(ctx, forms(t, fmt.Sprintf("[{:person/id %q :person/name %q}]", id, strings.Repeat("n", 1500))), Meta{}, due); err == nil {
			acknowledged = append(acknowledged, id)
		} else if !errors.Is(err, castest.ErrFault) {
			t.Errorf("the error is another: %v", err)
		}
	}
	return acknowledged
}

func TestImportStoresNodesAtTheEnd(t *testing.T) {
	s := cas.NewMemory()
	c, _ := importPeople(t, s, 0, 1)
	for from := 0; from < 6000; from += 1000 {
		r, err := c.TransactMore(t.Context(), crowd(from, 1000), Meta{Msg: "import"})
		if err != nil || r.Commit.Tail != 2+from/1000 {
			t.Fatalf("batch at %d has a tail of %d, %v", from, r.Commit.Tail, err)
		}
	}
	before := c.dbNow(t)
	for range 2 { // the second time there is nothing to do
		if err := c.Flush(t.Context(), Meta{Msg: "import"}); err != nil {
			t.Fatal(err)
		}
		if db := c.dbNow(t); db.T() != before.T()+1 || db.s.commit.Tail != 0 {
			t.Errorf("t %d with a tail of %d", db.T(), db.s.commit.Tail)
		}
	}
	checkStore(t, s)
}

func TestLastBatchStoresNodes(t *testing.T) {
	c, _ := importPeople(t, cas.NewMemory(), 0, 1)
	if _, err := c.TransactMore(t.Context(), crowd(0, 3000), Meta{}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Transact(t.Context(), crowd(3000, 10), Meta{})
	if err != nil || r.Commit.Tail != 0 {
		t.Errorf("tail of %d, %v", r.Commit.Tail, err)
	}
}

func TestTransactRefusesMetaThatIsNoText(t *testing.T) {
	w := startStory(t, Options{})
	for _, m := range []Meta{{By: "\xff"}, {Msg: "\xff"}} {
		if _, err := w.conn.Transact(t.Context(), nil, m); err == nil {
			t.Errorf("%q was taken", m)
		}
	}
}

// Who only reads does not wait for a transaction under way.
func TestReadingDuringATransaction(t *testing.T) {
	w := startStory(t, Options{})
	w.conn.writing.Lock()
	defer w.conn.writing.Unlock()
	if db := w.conn.dbNow(t); db.T() != 0 {
		t.Errorf("t %d", db.T())
	}
}

func TestWithWritesNothing(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	counting := castest.NewCounting(w.store)
	c, err := Connect(t.Context(), counting, "main")
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("n", 3000)
	r, err := c.dbNow(t).With(t.Context(), forms(t, fmt.Sprintf("[{:person/id %q :person/name %q}]", "ada", large)), w.clock.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.After.With(t.Context(), forms(t, `[[:db/retract [:person/id "ada"] :person/name]]`), w.clock.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if n := counting.Take(); n.BlocksWritten != 0 || n.RefMoves != 0 {
		t.Errorf("%s", n)
	}
	if again.After.T() != 3 || again.After.Commit().Defined() || r.Before.Commit() != w.conn.head.commit.ID {
		t.Errorf("t %d, commit %s", again.After.T(), again.After.Commit())
	}
	a, _ := again.After.Schema().ByIdent("person/name")
	for d, err := range again.After.History().Match(t.Context(), Pattern{A: Some(a.ID)}) {
		if err != nil || d.V != String(large) {
			t.Errorf("%d bytes, %v", d.V.Size(), err)
		}
	}
	for back := range uint64(4) {
		old, err := again.After.AsOf(t.Context(), back)
		if err != nil || old.T() != back {
			t.Errorf("as of %d is %d, %v", back, old.T(), err)
		}
	}
	if n := len(collectAll(w, again.After.Match(t.Context(), Pattern{T: Some(uint64(2))}))); n != 2 {
		t.Errorf("%d datoms of the first step are left, want 2", n)
	}
}
