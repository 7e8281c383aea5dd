package exec

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

func columnsOf(t *rapid.T, width, rows int) [][]term {
	cols := make([][]term, width)
	for c := range cols {
		cols[c] = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) term { return term(rapid.IntRange(0, 4).Draw(t, "term")) }), rows, rows).Draw(t, "column")
	}
	return cols
}

// An index finds exactly the rows that a look at all of them finds.
func TestIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, n := rapid.IntRange(0, 3).Draw(t, "width"), rapid.IntRange(0, 60).Draw(t, "rows")
		cols := columnsOf(t, width, n)
		ix := guarded(t).indexOf(cols, n)
		key := make([]term, width)
		for i := range key {
			key[i] = term(rapid.IntRange(0, 5).Draw(t, "key"))
		}
		var got, want []int
		for row := ix.find(key); row >= 0; row = ix.next[row] {
			got = append(got, int(row))
		}
		for row := range n {
			same := true
			for c := range cols {
				same = same && cols[c][row] == key[c]
			}
			if same {
				want = append(want, row)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%v in %v: rows %v, want %v", key, cols, got, want)
		}
	})
}

func TestDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "rows")
		r := &rel{vars: []lang.Var{"?a", "?b"}, cols: columnsOf(t, 2, n), n: n, dups: true}
		want := map[string]bool{}
		for row := range n {
			want[fmt.Sprint(r.cols[0][row], r.cols[1][row])] = true
		}
		d := guarded(t).distinct(r)
		got := map[string]bool{}
		for row := range d.n {
			got[fmt.Sprint(d.cols[0][row], d.cols[1][row])] = true
		}
		if d.n != len(want) || len(got) != len(want) {
			t.Fatalf("%d rows with %d different ones became %d with %d", n, len(want), d.n, len(got))
		}
	})
}

// A set gives each tuple once, whatever index is asked for when.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := guarded(t)
		s := r.newSet("s", 2)
		want := map[[2]term]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "tuples") {
			tuple := [2]term{term(rapid.IntRange(0, 4).Draw(t, "a")), term(rapid.IntRange(0, 4).Draw(t, "b"))}
			want[tuple] = true
			if err := r.addTuple(s, tuple[:]); err != nil {
				t.Fatal(err)
			}
			by := r.indexed(s, []int{1})
			n := 0
			for row := by.find(tuple[1:]); row >= 0; row = by.next[row] {
				n++
			}
			expected := 0
			for w := range want {
				if w[1] == tuple[1] {
					expected++
				}
			}
			if n != expected {
				t.Fatalf("%d tuples with %d, want %d", n, tuple[1], expected)
			}
		}
		if s.n() != len(want) {
			t.Fatalf("%d tuples, want %d", s.n(), len(want))
		}
	})
}

// guarded is a run with nothing but limits.
func guarded(t *rapid.T) *run {
	g, _, stop := limit.Start(context.Background(), limit.Limits{})
	t.Cleanup(stop)
	return &run{guard: g, dict: terms.NewDict(engine.NewDict())}
}
