package engine

import (
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
