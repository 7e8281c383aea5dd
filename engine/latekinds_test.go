package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// crowdThinned is a story of n people and some changes of a few of them, of which all but the first and the newest snapshots are gone.
func crowdThinned(t *testing.T, n, changes int) *story {
	w := startStory(t, Options{})
	w.must(testSchema)
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{:person/id "p%04d" :person/name "name %d" :person/tag ["a" "b" "c"]}`, i, i)
	}
	w.must("[" + b.String() + "]")
	for i := range changes {
		w.must(fmt.Sprintf(`[{:person/id "p%04d" :person/name "changed %d"}]`, i*797%n, i))
	}
	w.tidy()
	return w
}

// TestOldListsReadLittle lists kinds and names of a commit far behind its snapshot: what is read is the names and where those live that were changed, and none of what they show.
func TestOldListsReadLittle(t *testing.T) {
	w := crowdThinned(t, 5000, 300)
	old := w.roots[200]
	db, err := w.fresh(old.Commit())
	if err != nil {
		t.Fatal(err)
	}
	if db.s.late == nil || db.s.late.short {
		t.Fatal("the commit is near its snapshot")
	}
	blocks := func(read func(ctx context.Context)) int64 {
		var r Reads
		read(CountReads(t.Context(), &r))
		return r.Blocks.Load()
	}
	kinds := blocks(func(ctx context.Context) {
		if all, err := db.Kinds(ctx); err != nil || len(all) != 1 || all[0].Count != 5000 || all[0].Newest != old.T() {
			t.Errorf("kinds %+v, %v", all, err)
		}
	})
	var got []Name
	names := blocks(func(ctx context.Context) {
		for n, err := range db.Names(ctx, "person", "p2") {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, n); len(got) == 1000 {
				break
			}
		}
	})
	if db.s.late.made.Load() != nil {
		t.Error("all trees were made")
	}
	touched := 0
	for i, n := range slices.Collect(firsts(w, old.Names(w.ctx, "person", "p2")))[:1000] {
		if got[i].Newest == 0 {
			touched++
			got[i].Newest, got[i].Digest = n.Newest, n.Digest
		}
		if got[i] != n {
			t.Fatalf("%+v instead of %+v", got[i], n)
		}
	}
	all := blocks(func(ctx context.Context) {
		if _, err := db.s.late.settle(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%d blocks for the kinds, %d for a thousand names of which %d are touched, %d more for all trees", kinds, names, touched, all)
	if kinds > 30 || names > 15 || touched < 20 {
		t.Errorf("%d blocks for the kinds, %d for a thousand names of which %d are touched", kinds, names, touched)
	}
}

// TestOldDigestsOfKinds: of each commit another one, and always the same.
func TestOldDigestsOfKinds(t *testing.T) {
	w := crowdThinned(t, 300, 200)
	seen := map[uint64]uint64{}
	for at := 80; at < 160; at++ {
		db, err := w.fresh(w.roots[at].Commit())
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.fresh(w.roots[at].Commit())
		if err != nil {
			t.Fatal(err)
		}
		for _, prefix := range []string{"", "p0", "p00"} {
			r, err := db.NamesWith(w.ctx, "person", prefix)
			same, err2 := again.NamesWith(w.ctx, "person", prefix)
			if err != nil || err2 != nil || r != same || seen[r.Digest] != 0 {
				t.Fatalf("%q of t%d: %+v, %+v, like t%d: %v, %v", prefix, at, r, same, seen[r.Digest], err, err2)
			}
			seen[r.Digest] = uint64(at)
		}
	}
}
