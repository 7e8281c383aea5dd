//go:build !race

package engine

import (
	"slices"
	"testing"
)

// TestLatesAreBounded walks through a history of which every commit has to be made, twice: what is in memory stays within the limit, and what was given
// up is read again as it was.
func TestLatesAreBounded(t *testing.T) {
	w, _ := thinned(t)
	const limit = 256 << 10
	e := newEnv(w.store, 2*limit)
	var opened []DB
	for i := 1; i < len(w.roots); i += 7 {
		db, err := Open(w.ctx, e, w.roots[i].Commit())
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, db)
	}
	most, dropped := int64(0), 0
	for range 2 {
		for i, db := range opened {
			want := w.roots[1+7*i]
			for _, order := range []Index{EAVT, AVET} {
				if got := collectAll(w, db.Datoms(w.ctx, order, Pattern{})); !slices.Equal(got, collectAll(w, want.Datoms(w.ctx, order, Pattern{}))) {
					t.Fatalf("t%d has other datoms", db.T())
				}
			}
			got, err := db.Kinds(w.ctx)
			kinds, err2 := want.Kinds(w.ctx)
			if l := db.s.late; l != nil && !l.short { // nobody has looked at all that they show
				for j := range min(len(got), len(kinds)) {
					got[j].Digest = kinds[j].Digest
				}
			}
			if err != nil || err2 != nil || !slices.Equal(got, kinds) {
				t.Fatalf("t%d has the kinds %v, not %v: %v, %v", db.T(), got, kinds, err, err2)
			}
			sum, latest := int64(0), int64(0)
			for _, x := range opened {
				if l := x.s.late; l != nil {
					n := l.bytes.Load()
					sum, latest = sum+n, max(latest, n)
					if l.changes.Load() == nil && l.made.Load() == nil {
						dropped++
					}
				}
			}
			if most = max(most, sum); sum > limit+2*latest {
				t.Fatalf("%d bytes are kept for old commits, at most %d and two of up to %d are wanted", sum, limit, latest)
			}
		}
	}
	if most < limit/2 || dropped == 0 {
		t.Errorf("at most %d bytes were kept, and %d given up: nothing was tried", most, dropped)
	}
}
