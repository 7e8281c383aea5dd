//go:build !race

package engine

import "testing"

// TestTidyBounds checks how much has to be replayed to open any commit.
func TestTidyBounds(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(1300)
	for range 3 {
		w.write(150)
		w.tidy()
	}
	most, cost := 0, 0
	for i, db := range w.roots {
		if i > 0 {
			cost += len(w.steps[i-1].datoms)
		}
		c := db.s.commit
		if ok, err := w.store.Has(w.ctx, c.Base); err != nil {
			t.Fatal(err)
		} else if ok && c.Tail == 0 {
			cost = 0
		}
		most = max(most, cost)
	}
	if all := w.missing(); most > thinDatoms+5*maxTail || most < thinDatoms/2 || all < 10 {
		t.Errorf("up to %d datoms to replay, with %d snapshots thinned out", most, all)
	}
}
