//go:build !race

package engine

import (
	"fmt"
	"math/bits"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// reading counts what it takes to open a database, of which nothing was read before, and to look up an entity in it.
func reading(t *testing.T, s cas.RefStore, open func(s cas.RefStore) (DB, error)) (reads int, db DB) {
	t.Helper()
	counting := castest.NewCounting(s)
	db, err := open(counting)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := db.Schema().ByIdent("person/id")
	if _, ok, err := db.Entid(t.Context(), id.ID, String("p000777")); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return counting.Take().Gets, db
}

// aNodeMore is what trees of other datoms may have more on the paths that a tail leads along.
const aNodeMore = 6

// The past is opened as the head is, once its commit is found, which takes O(log n) commits.
func TestAsOfCostsNoMoreThanTheHead(t *testing.T) {
	const txs = 1000
	s := cas.NewMemory()
	c, _ := importPeople(t, s, 2000, 2000)
	clock := time.UnixMilli(1_800_000_000_000).UTC()
	c.now = func() time.Time { return clock }
	commits := map[uint64]Commit{}
	for i := range txs {
		clock = clock.Add(time.Minute)
		r, err := c.Transact(t.Context(), forms(t, fmt.Sprintf(`[{:person/id "p%06d" :person/age %d}]`, i*7%2000, i)), Meta{})
		if err != nil {
			t.Fatal(err)
		}
		commits[r.Commit.T] = r.Commit
	}
	head := c.dbNow(t)
	direct := func(id cid.Cid) func(cas.RefStore) (DB, error) {
		return func(s cas.RefStore) (DB, error) { return Open(t.Context(), s, id) }
	}
	atHead, _ := reading(t, s, direct(head.Commit()))
	atHead += aNodeMore
	jumps := 3 * bits.Len(txs) // commits on the way to any t
	for back := uint64(maxTail); back < txs; back += 3 * maxTail {
		old := commits[head.T()-back] // its tail is as long as the head's
		if old.Tail != head.s.commit.Tail {
			t.Fatalf("t%d has a tail of %d, the head of %d", old.T, old.Tail, head.s.commit.Tail)
		}
		setRef(t, s, fmt.Sprintf("tags/v%d", old.T), old.ID)
		if reads, _ := reading(t, s, direct(old.ID)); reads > atHead {
			t.Errorf("commit of t%d: %d blocks, the head takes %d", old.T, reads, atHead)
		}
		for _, way := range []struct {
			rev   string
			limit int
		}{
			{fmt.Sprintf("v%d", old.T), 0},
			{old.ID.String(), 0},
			{fmt.Sprintf("t%d", old.T), jumps},
			{fmt.Sprintf("main~%d", back), jumps},
			{old.At.Format(time.RFC3339), 2 * jumps}, // the time of a jump's target is not known before it is read
		} {
			reads, db := reading(t, s, func(s cas.RefStore) (DB, error) {
				commit, err := Resolve(t.Context(), s, way.rev, clock)
				if err != nil {
					return DB{}, err
				}
				return Open(t.Context(), s, commit.ID)
			})
			if db.T() != old.T || reads > atHead+way.limit {
				t.Errorf("%s is t%d: %d blocks, the head takes %d, and the way at most %d", way.rev, db.T(), reads, atHead, way.limit)
			}
		}
		for what, open := range map[string]func(db DB) (DB, error){
			"as of t":    func(db DB) (DB, error) { return db.AsOf(t.Context(), old.T) },
			"as of time": func(db DB) (DB, error) { return db.AsOfTime(t.Context(), old.At) },
		} {
			reads, db := reading(t, s, func(s cas.RefStore) (DB, error) {
				db, err := Open(t.Context(), s, head.Commit())
				if err != nil {
					return db, err
				}
				return open(db)
			})
			if db.T() != old.T || reads > 2*atHead+2*jumps {
				t.Errorf("%s of the open head is t%d: %d blocks, each takes %d", what, db.T(), reads, atHead)
			}
		}
	}
	t.Logf("the head takes %d blocks with a tail of %d", atHead-aNodeMore, head.s.commit.Tail)
}
