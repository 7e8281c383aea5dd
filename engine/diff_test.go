package engine

import (
	"fmt"
	"maps"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
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
// nodes or not yet: what differs is found by reading a few blocks. Where the nodes of both commits are stored, the 60 blocks are all that is read, opening
// both and comparing them: 4 and 46 of a million datoms. Where the changes are in the tail, the 60 are for comparing (23), and opening is counted by itself:
// it does the transactions again, and so reads what they read in each tree (82 in one transaction, 100 in ten).
func TestDiffOfTenDatoms(t *testing.T) {
	s, r := manyPeople(t)
	for i, test := range []struct {
		name string
		txs  int
		due  policy
	}{
		{"one transaction, stored", 1, always},
		{"one transaction, in the tail", 1, never},
		{"ten transactions, in the tail", 10, never},
	} {
		t.Run(test.name, func(t *testing.T) {
			branch := fmt.Sprintf("ten%d", i)
			setRef(t, s, heads+branch, r.After.Commit())
			c, err := Connect(t.Context(), s, branch)
			if err != nil {
				t.Fatal(err)
			}
			for tx := range test.txs {
				text := ""
				for i := tx; i < 10; i += test.txs {
					text += fmt.Sprintf(`[:db/add %d :person/age %d]`, 1+(2*i+1)*many(t)/20, 1000+i)
				}
				if _, err := c.transact(t.Context(), forms(t, "["+text+"]"), Meta{}, test.due); err != nil {
					t.Fatal(err)
				}
			}
			counting := castest.NewCounting(s)
			a, err := Open(t.Context(), counting, r.After.Commit())
			if err != nil {
				t.Fatal(err)
			}
			b, err := Open(t.Context(), counting, c.dbNow(t).Commit())
			if err != nil {
				t.Fatal(err)
			}
			opened := counting.Take().Gets
			n := 0
			for d, err := range Diff(t.Context(), a, b) {
				if err != nil {
					t.Fatal(err)
				}
				if _, isTx := TxOf(d.E); !isTx {
					n++
				}
			}
			read := counting.Take().Gets
			t.Logf("%d blocks to open both, %d to compare them", opened, read)
			if i == 0 {
				read += opened
			} else if opened > 120 {
				t.Errorf("%d blocks are read to open both, want 120 at most", opened)
			}
			if n != 20 || read > 60 {
				t.Errorf("%d datoms differ, found by reading %d blocks, want 20 by 60", n, read)
			}
		})
	}
}
