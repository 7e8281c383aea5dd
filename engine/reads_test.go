package engine

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
)

// coldReads counts the blocks that work reads from a store that nothing was read from before.
func coldReads(t *testing.T, s cas.RefStore, work func(t *testing.T, db DB)) int {
	t.Helper()
	counting := castest.NewCounting(s)
	id, err := counting.Ref(t.Context(), "heads/main")
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), counting, id)
	if err != nil {
		t.Fatal(err)
	}
	work(t, db)
	return counting.Take().Gets
}

// Opening reads the commit and the snapshot; looking up, one node a level, of which there are three or four.
func TestColdReads(t *testing.T) {
	s, r := manyPeople(t)
	n := many(t)
	id, _ := r.After.Schema().ByIdent("person/id")
	age, _ := r.After.Schema().ByIdent("person/age")
	for _, test := range []struct {
		what  string
		limit int
		work  func(t *testing.T, db DB)
	}{
		{"opening", 2, func(*testing.T, DB) {}},
		{"an entity by id", 6, func(t *testing.T, db DB) { wantDatoms(t, db, Pattern{E: Some(ID(n / 2))}, 5) }},
		{"an entity by key", 6, func(t *testing.T, db DB) {
			if _, ok, err := db.Entid(t.Context(), id.ID, String("p012345")); !ok || err != nil {
				t.Error(ok, err)
			}
		}},
		{"a value", 6, func(t *testing.T, db DB) { wantDatoms(t, db, Pattern{E: Some(ID(7)), A: Some(age.ID)}, 1) }},
		{"a name", 6, func(t *testing.T, db DB) {
			if _, ok, err := db.Lookup(t.Context(), Home{"person", "p012345"}); !ok || err != nil {
				t.Error(ok, err)
			}
		}},
		{"the kinds", 2, func(t *testing.T, db DB) {
			if kinds, err := db.Kinds(t.Context()); len(kinds) != 1 || err != nil {
				t.Error(kinds, err)
			}
		}},
		{"the count of an attribute", 2, func(t *testing.T, db DB) { wantCount(t, db, Pattern{A: Some(age.ID)}, uint64(n)) }},
		{"the count of everything", 2, func(t *testing.T, db DB) {
			if got, exact, err := db.History().Count(t.Context(), Pattern{}); got < 5*uint64(n) || !exact || err != nil {
				t.Error(got, exact, err)
			}
		}},
	} {
		t.Run(test.what, func(t *testing.T) {
			if got := coldReads(t, s, test.work); got > test.limit {
				t.Errorf("%d blocks were read, more than %d", got, test.limit)
			}
		})
	}
}

func wantDatoms(t *testing.T, db DB, p Pattern, want int) {
	t.Helper()
	n := 0
	for _, err := range db.Match(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != want {
		t.Errorf("%d datoms, want %d", n, want)
	}
}

func wantCount(t *testing.T, db DB, p Pattern, want uint64) {
	t.Helper()
	if n, exact, err := db.Count(t.Context(), p); n != want || !exact || err != nil {
		t.Errorf("%d datoms (exact: %v), %v; want %d", n, exact, err, want)
	}
}

// What one small transaction writes.
func TestCommitIsSmall(t *testing.T) {
	counting := castest.NewCounting(cas.NewMemory())
	c, _ := importPeople(t, counting, 2000, 2000)
	counting.Take()
	if _, err := c.Transact(t.Context(), forms(t, `[{:person/id "p000100" :person/age 1}]`), Meta{Msg: "birthday"}); err != nil {
		t.Fatal(err)
	}
	if n := counting.Take(); n.Commits != 1 || n.Puts != 0 || n.BlocksWritten != 2 || n.BytesWritten > 600 {
		t.Errorf("%s", n)
	} else {
		t.Log(n)
	}
	if _, err := c.DB(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := counting.Take(); n.Gets != 0 || n.RefReads != 1 {
		t.Errorf("an unchanged head was read again: %s", n)
	}
}
