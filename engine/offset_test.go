package engine

import (
	"iter"
	"slices"
	"testing"
)

func listOf(t fataler, datoms iter.Seq2[Datom, error]) []Datom {
	t.Helper()
	var all []Datom
	for d, err := range datoms {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// TestDatomsAt holds listings that begin anywhere against those that begin at the beginning, in every view.
func TestDatomsAt(t *testing.T) {
	ctx := t.Context()
	runStories(t, 8, func(w *story) {
		now := w.roots[len(w.roots)-1]
		for _, db := range []DB{now, now.History(), now.Since(uint64(len(w.roots) / 2))} {
			for _, d := range listOf(w.t, now.Match(ctx, Pattern{})) {
				for _, p := range []Pattern{{A: Some(d.A)}, {A: Some(d.A), V: Some(d.V)}, {E: Some(d.E), A: Some(d.A)}, {E: Some(d.E)}} {
					want := listOf(w.t, db.Match(ctx, p))
					if !p.E.Set && !p.V.Set {
						want = listOf(w.t, db.Datoms(ctx, AVET, p))
						want = slices.DeleteFunc(want, func(d Datom) bool { return d.V.Size() > maxInline })
					}
					for n := 0; n <= len(want)+1; n++ {
						if got := listOf(w.t, db.DatomsAt(ctx, p, uint64(n))); !slices.Equal(got, want[min(n, len(want)):]) {
							w.t.Fatalf("%v from %d: %v, want %v", p, n, got, want[min(n, len(want)):])
						}
					}
				}
				from, end, err := now.ValueRank(ctx, d.A, d.V)
				all := listOf(w.t, now.DatomsAt(ctx, Pattern{A: Some(d.A)}, 0))
				same := func(x Datom) bool { return x.V == d.V }
				if first := slices.IndexFunc(all, same); err != nil || first >= 0 && (int(from) != first || !same(all[end-1]) || int(end) < len(all) && same(all[end])) {
					w.t.Fatalf("%v is at %d to %d (%v) of %v", d.V, from, end, err, all)
				}
			}
		}
	})
}

// Where a listing begins costs a way through the tree, not what lies before.
func TestColdReadsOfOffsets(t *testing.T) {
	s, r := manyPeople(t)
	n := uint64(many(t))
	id, _ := r.After.Schema().ByIdent("person/id")
	for _, at := range []uint64{0, 1, n / 2, n - 1, n} {
		got := coldReads(t, s, func(t *testing.T, db DB) {
			for _, err := range db.DatomsAt(t.Context(), Pattern{A: Some(id.ID)}, at) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		})
		if got > 6 {
			t.Errorf("datom %d of %d: %d blocks are read", at, n, got)
		}
	}
}
