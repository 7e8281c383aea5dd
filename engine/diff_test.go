package engine

import (
	"fmt"
	"maps"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// facts are the datoms there are, without their t.
func (w *story) facts(db DB) map[fact]bool {
	all := map[fact]bool{}
	for _, d := range collectAll(w, db.Match(w.ctx, Pattern{})) {
		all[fact{d.E, d.A, d.V}] = true
	}
	return all
}

func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	runStories(t, 12, func(w *story) {
		a, b := rapid.SampledFrom(w.roots).Draw(w.rapid, "a"), rapid.SampledFrom(w.roots).Draw(w.rapid, "b")
		facts := w.facts(a)
		for _, d := range collectAll(w, Diff(w.ctx, a, b)) {
			f := fact{d.E, d.A, w.whole(b, d.V)}
			if facts[f] == d.Added {
				w.t.Fatalf("from %d to %d: %v is of no use", a.T(), b.T(), d)
			}
			if d.Added {
				facts[f] = true
			} else {
				delete(facts, f)
			}
		}
		if !maps.Equal(facts, w.facts(b)) {
			w.t.Fatalf("the difference from %d to %d does not lead there", a.T(), b.T())
		}
	})
}

func TestDiffReadsWhatDiffers(t *testing.T) {
	s := cas.NewMemory()
	c, _ := importPeople(t, s, 5000, 5000)
	before := c.dbNow(t)
	if _, err := c.transact(t.Context(), forms(t, `[{:person/id "p002500" :person/age 1}]`), Meta{}, always); err != nil {
		t.Fatal(err)
	}
	counting := castest.NewCounting(s)
	a, err := Open(t.Context(), counting, before.Commit())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(t.Context(), counting, c.dbNow(t).Commit())
	if err != nil {
		t.Fatal(err)
	}
	counting.Take()
	n := 0
	for _, err := range Diff(t.Context(), a, b) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	// The new age, the old one, the transaction's time: two paths of three nodes in each.
	if reads := counting.Take(); n != 3 || reads.Gets > 12 {
		t.Errorf("%d datoms differ, found by %s", n, reads)
	}
}

// Ten entities are changed in a large database (a million datoms with DHFS_PEOPLE=200000), in one transaction or in ten, stored as
// nodes or not yet, and with or without ten others changed before that are not stored either: what differs is found by reading few blocks, opening both included. OpenToCompare
// leaves the transactions as they are; Open does them again, and so reads what they read in each tree, which is counted by itself.
func TestDiffOfTenDatoms(t *testing.T) {
	s, r := manyPeople(t)
	for i, test := range []struct {
		name        string
		before, txs int
		due         policy
	}{
		{"one transaction, stored", 0, 1, always},
		{"one transaction, in the tail", 0, 1, never},
		{"ten transactions, in the tail", 0, 10, never},
		{"one transaction, both in the tail", 1, 1, never},
		{"ten transactions, both in the tail", 1, 10, never},
	} {
		t.Run(test.name, func(t *testing.T) {
			branch := fmt.Sprintf("ten%d", i)
			setRef(t, s, heads+branch, r.After.Commit())
			c, err := Connect(t.Context(), s, branch)
			if err != nil {
				t.Fatal(err)
			}
			change := func(txs, part int) cid.Cid {
				for tx := range txs {
					text := ""
					for i := tx; i < 10; i += txs {
						text += fmt.Sprintf(`[:db/add %d :person/age %d]`, 1+(4*i+part)*many(t)/40, 1000+i)
					}
					if _, err := c.transact(t.Context(), forms(t, "["+text+"]"), Meta{}, test.due); err != nil {
						t.Fatal(err)
					}
				}
				return c.dbNow(t).Commit()
			}
			before := change(test.before, 1)
			after := change(test.txs, 2)

			counting := castest.NewCounting(s)
			differ := func(a, b DB, err error) (opened, read int) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				opened = int(counting.Take().Gets)
				n := 0
				for d, err := range Diff(t.Context(), a, b) {
					if err != nil {
						t.Fatal(err)
					}
					if _, isTx := TxOf(d.E); !isTx {
						n++
					}
				}
				if n != 20 {
					t.Errorf("%d datoms differ, want 20", n)
				}
				return opened, int(counting.Take().Gets)
			}
			opened, read := differ(OpenToCompare(t.Context(), counting, before, after))
			t.Logf("%d blocks to open both, %d to compare them", opened, read)
			if opened+read > 60 {
				t.Errorf("%d and %d blocks are read to open both and compare them, want 60 at most", opened, read)
			}
			if test.before > 0 {
				return
			}
			a, err := Open(t.Context(), counting, before)
			if err != nil {
				t.Fatal(err)
			}
			first := int(counting.Take().Gets)
			b, err := Open(t.Context(), counting, after)
			opened, read = differ(a, b, err)
			opened += first
			t.Logf("%d blocks to open both and look where their transactions lead, %d to compare them", opened, read)
			if opened > 120 || read > 60 || i == 0 && opened+read > 60 {
				t.Errorf("%d blocks are read to open both, want 120 at most, and %d to compare them, want 60 at most, where all is stored with those of opening", opened, read)
			}
		})
	}
}
