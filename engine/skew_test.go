package engine

import (
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// Three writers of one branch, of which one has a clock that is an hour ahead and one an hour behind: the times of transactions rise all the same, each
// is the writer's own where that comes after the one before, and as-of by time finds each.
func TestClocksThatDiffer(t *testing.T) {
	store := cas.NewMemory()
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	tick := 0
	var conns []*Conn
	skews := []time.Duration{0, time.Hour, -time.Hour}
	for i, skew := range skews {
		var c *Conn
		var err error
		if i == 0 {
			c, err = Create(t.Context(), store, "main", Options{SchemaOnRead: true}, start)
		} else {
			c, err = Connect(t.Context(), store, "main")
		}
		if err != nil {
			t.Fatal(err)
		}
		c.now = func() time.Time { return start.Add(skew + time.Duration(tick)*time.Second) }
		conns = append(conns, c)
	}
	before := start
	var made []DB
	for _, who := range []int{0, 2, 0, 1, 0, 2, 1, 1, 0} {
		tick++
		forms, err := edn.ParseAll(`{:db/id 1 :note/n 1} {:db/id "datomic.tx" :note/by 1}`)
		if err != nil {
			t.Fatal(err)
		}
		r, err := conns[who].Transact(t.Context(), forms, Meta{})
		if err != nil {
			t.Fatal(err)
		}
		at := r.After.At()
		want := conns[who].now()
		if !want.After(before) {
			want = before.Add(time.Millisecond)
		}
		if !at.Equal(want) || !r.Commit.At.Equal(at) {
			t.Errorf("t%d by writer %d: %s, want %s", r.Commit.T, who, at, want)
		}
		before = at
		made = append(made, r.After)
	}
	head := made[len(made)-1]
	for _, db := range made {
		if got, err := head.AsOfTime(t.Context(), db.At()); err != nil || got.T() != db.T() {
			t.Errorf("as of %s: t%d, %v; want t%d", db.At(), got.T(), err, db.T())
		}
	}
}
