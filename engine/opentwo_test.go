package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/engine/edn"
	"pgregory.net/rapid"
)

// checkCompared opens two commits to compare them: the difference, and the tx data that leads from one to the other, are those of the values that were written.
func (w *story) checkCompared(a, b DB) {
	w.t.Helper()
	g := cas.Getter(w.store)
	if w.rapid != nil && rapid.Bool().Draw(w.rapid, "shared") {
		g = Cached(g, 1<<20)
	}
	before, after, err := OpenToCompare(w.ctx, g, a.Commit(), b.Commit())
	if err != nil {
		w.t.Fatal(err)
	}
	for i, pair := range [][2]DB{{before, a}, {after, b}} {
		got, want := pair[0], pair[1]
		if got.Commit() != want.Commit() || got.Root() != want.Root() || got.T() != want.T() || !got.At().Equal(want.At()) || got.s.next != want.s.next || got.s.opts != want.s.opts {
			w.t.Fatalf("value %d is another than that of t%d", i, want.T())
		}
	}
	if got, want := collectAll(w, Diff(w.ctx, before, after)), collectAll(w, Diff(w.ctx, a, b)); !slices.Equal(got, want) {
		w.t.Fatalf("t%d and t%d differ by %v instead of %v", a.T(), b.T(), got, want)
	}
	if got, want := w.changesText(before, after), w.changesText(a, b); got != want {
		w.t.Fatalf("from t%d to t%d lead\n%s\ninstead of\n%s", a.T(), b.T(), got, want)
	}
	for _, db := range []DB{before, after} {
		if l := db.s.late; l != nil && l.made.Load() != nil {
			w.t.Fatalf("all trees of t%d were made", db.T())
		}
	}
}

func (w *story) changesText(a, b DB) string {
	w.t.Helper()
	all, err := Changes(w.ctx, a, b)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, f := range all {
		lines = append(lines, string(edn.Append(nil, f)))
	}
	return strings.Join(lines, "\n")
}

// TestOpenToCompare compares random commits of two branches that part somewhere, each opened from its own snapshot or from the same as the other.
func TestOpenToCompare(t *testing.T) {
	runPurgedStories(t, 8, func(w *story) {
		side := w.fork("side")
		for range rapid.IntRange(0, 5).Draw(w.rapid, "there") {
			side.change()
		}
		for range rapid.IntRange(0, 5).Draw(w.rapid, "here") {
			w.change()
		}
		all := slices.Concat(w.roots, side.roots)
		for range 3 {
			w.checkCompared(rapid.SampledFrom(all).Draw(w.rapid, "a"), rapid.SampledFrom(all).Draw(w.rapid, "b"))
		}
	})
}

// TestCompareOldCommits compares commits of which the snapshots were thinned out, one of them on the way back from the other or not.
func TestCompareOldCommits(t *testing.T) {
	w, _ := thinned(t)
	for _, pair := range [][2]int{{301, 302}, {302, 301}, {301, 350}, {10, 490}, {301, 500}, {0, 301}, {301, 301}} {
		w.checkCompared(w.roots[pair[0]], w.roots[pair[1]])
	}
}

// TestCompareReadsOnce: what lies on the way to both commits is read once.
func TestCompareReadsOnce(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.commitAll()
	for range 20 {
		if _, err := w.commit(`[{:person/name "x"}]`, never); err != nil {
			t.Fatal(err)
		}
	}
	n := len(w.roots)
	for _, pair := range [][2]int{{n - 2, n - 1}, {n - 1, n - 2}, {n - 11, n - 1}, {n - 1, n - 1}} {
		counting := castest.NewCounting(w.store)
		if _, _, err := OpenToCompare(w.ctx, counting, w.roots[pair[0]].Commit(), w.roots[pair[1]].Commit()); err != nil {
			t.Fatal(err)
		}
		// Two blocks of each transaction since the snapshot, the snapshot, and the commit that was asked for besides.
		if gets, most := counting.Take().Gets, 2*int(w.roots[n-1].s.commit.Tail)+2; int(gets) > most {
			t.Errorf("%d blocks are read to open %v of %d, want %d", gets, pair, n, most)
		}
	}
}

// TestCompareBelievesRoots: whether transactions lead to the root that is told is left to who needs it, and what they say is compared, whatever root is told.
func TestCompareBelievesRoots(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	r := w.must(`[{:person/id "ada"}]`)
	lie := r.Commit
	lie.Root = r.Before.Root()
	b := lie.block()
	if err := w.store.Put(w.ctx, []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	before, after, err := OpenToCompare(w.ctx, w.store, r.Before.Commit(), b.CID())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := collectAll(w, Diff(w.ctx, before, after)), collectAll(w, Diff(w.ctx, r.Before, r.After)); len(got) == 0 || !slices.Equal(got, want) {
		t.Errorf("the difference is %v, not %v", got, want)
	}
	var corrupt *cas.CorruptError
	if _, err := after.With(w.ctx, nil, w.clock); !errors.As(err, &corrupt) || corrupt.CID != b.CID() {
		t.Errorf("a transaction on it: %v", err)
	}
	if _, err := after.Kinds(w.ctx); !errors.As(err, &corrupt) {
		t.Errorf("its names: %v", err)
	}
}
