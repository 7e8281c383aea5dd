package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"
)

var errWrong = errors.New("not so")

// later puts off what turns m into to; made tells how often all edits were asked for.
func (m model) later(t fataler, tree Tree, to model, made *int) Tree {
	edits := m.edits(to)
	return tree.Later(Later{
		Edits: func(context.Context) ([]Late, error) {
			var all []Late
			for _, e := range edits {
				_, there := m[string(e.Key)]
				all = append(all, Late{Edit: e, New: !there})
			}
			return all, nil
		},
		Whole: func(context.Context) (Tree, error) {
			*made++
			return edited(t, tree, edits), nil
		},
		Wrong: func(reason string) error { return fmt.Errorf("%w: %s", errWrong, reason) },
	})
}

// vague does not tell the last byte of the keys that the edits add, where nothing else is near.
func (m model) vague(tree Tree, to model) Tree {
	union := maps.Clone(m)
	maps.Copy(union, to)
	all := union.keys()
	later, known := tree.late.Later, tree.late.Edits
	later.Edits = func(ctx context.Context) ([]Late, error) {
		edits, err := known(ctx)
		for i := range edits {
			e := &edits[i]
			if !e.New || len(e.Key) == 0 {
				continue
			}
			low, high := string(e.Key[:len(e.Key)-1]), string(e.Key)+"\xff"
			at, _ := slices.BinarySearch(all, low)
			if past, _ := slices.BinarySearch(all, high); past == at+1 {
				e.Low, e.Key = []byte(low), []byte(high)
			}
		}
		return edits, err
	}
	later.Complete = func(_ context.Context, edits []Late) ([]Late, error) {
		edits = slices.Clone(edits)
		for i := range edits {
			if e := &edits[i]; e.Low != nil {
				e.Key, e.Low = e.Key[:len(e.Key)-1], nil
			}
		}
		return edits, nil
	}
	tree.late = nil
	return tree.Later(later)
}

// checkLateDiffs compares two trees, each of which is there with edits put off and made: the differences are the same.
func checkLateDiffs(t fataler, a, b []Tree) {
	ctx := context.Background()
	told := func(old, new Tree) string {
		var text strings.Builder
		for c, err := range Diff(ctx, old, new) {
			check(t, err)
			fmt.Fprintf(&text, "%x %q %t %q %t\n", c.Key, c.Old, c.Old == nil, c.New, c.New == nil)
		}
		return text.String()
	}
	for _, pair := range [][2][]Tree{{a, b}, {b, a}, {a, a}} {
		want := told(pair[0][1], pair[1][1])
		for _, old := range pair[0] {
			for _, new := range pair[1] {
				if got := told(old, new); got != want {
					t.Fatalf("the difference is\n%.600s\ninstead of\n%.600s", got, want)
				}
			}
		}
	}
}

// stored puts all nodes of a tree into the store of n.
func (m model) stored(t fataler, n *Nodes, s *cas.Memory) Tree {
	tree := m.build(t, n, plain{kind: 1})
	var blocks []cas.Block
	tree, err := tree.Flush(func(b cas.Block) error { blocks = append(blocks, b); return nil })
	check(t, err)
	check(t, s.Put(context.Background(), blocks))
	id, err := tree.Root()
	check(t, err)
	return Open(n, plain{kind: 1}, id)
}

// rowsOfRuns is what a scan yields, without a mark where leaves end.
func rowsOfRuns(t fataler, runs iter.Seq2[Run, error], back bool) string {
	var leaves []string
	for run, err := range runs {
		check(t, err)
		if run.Lo >= run.Hi {
			t.Fatalf("a run of nothing")
		}
		var b bytes.Buffer
		for i := run.Lo; i < run.Hi; i++ {
			fmt.Fprintf(&b, "%x=%s ", xxh3.Hash(run.Leaf.AppendKey(nil, i)), run.Leaf.AppendVal(nil, i))
		}
		leaves = append(leaves, b.String())
	}
	if back {
		slices.Reverse(leaves)
	}
	return strings.Join(leaves, "")
}

// TestLater: reads of a tree whose edits are put off are those of the tree that the edits make.
func TestLater(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ctx := context.Background()
		m := filled(r, 1500)
		to := changedModel(r, m)
		s := cas.NewMemory()
		n := NewNodes(s, int64(rapid.SampledFrom([]int{0, 1 << 20}).Draw(r, "cache")))
		tree := m.stored(r, n, s)
		want := edited(r, tree, m.edits(to))
		made := 0
		got := m.later(r, tree, to, &made)
		same := func(what string, a, b any) {
			r.Helper()
			if a != b {
				r.Fatalf("%s: %.300v instead of %.300v", what, a, b)
			}
		}
		number := func(n uint64, err error) uint64 { check(r, err); return n }
		same("length", number(got.Len(ctx)), uint64(len(to)))
		union := maps.Clone(m)
		maps.Copy(union, to)
		keys := append(union.keys(), "", "\xff\xff")
		for range 3 {
			lo, hi := []byte(rapid.SampledFrom(keys).Draw(r, "lo")), []byte(rapid.SampledFrom(keys).Draw(r, "hi"))
			same("rank", number(got.Rank(ctx, lo)), number(want.Rank(ctx, lo)))
			same("count", number(got.Count(ctx, lo, hi)), number(want.Count(ctx, lo, hi)))
			same("scan", rowsOfRuns(r, got.Scan(ctx, lo, hi), false), rowsOfRuns(r, want.Scan(ctx, lo, hi), false))
			same("scan back", rowsOfRuns(r, got.ScanBack(ctx, lo, hi), true), rowsOfRuns(r, want.ScanBack(ctx, lo, hi), true))
			val, ok, err := got.Get(ctx, lo)
			check(r, err)
			v, there := to[string(lo)]
			same("get", fmt.Sprint(string(val), ok), fmt.Sprint(v, there))
			at := uint64(rapid.IntRange(0, len(to)).Draw(r, "at"))
			same("from the nth", rowsOfRuns(r, got.At(ctx, at), false), rowsOfRuns(r, want.At(ctx, at), false))
		}
		same("sweep", rowsOfRuns(r, got.Sweep(ctx), false), rowsOfRuns(r, want.Sweep(ctx), false))
		same("how often all edits were made", made, 0)
		same("root", rootOf(r, got), rootOf(r, want))
		same("further edits", rootOf(r, edited(r, got, to.edits(m))), rootOf(r, tree))
		same("how often all edits were made", made, 2)
		other := changedModel(r, m)
		checkLateDiffs(r, []Tree{got, want}, []Tree{m.later(r, tree, other, &made), edited(r, tree, m.edits(other))})
		same("how often all edits were made, with the diffs", made, 2)
		vague := m.vague(m.later(r, tree, to, &made), to)
		same("scan without knowing keys", rowsOfRuns(r, vague.Scan(ctx, nil, nil), false), rowsOfRuns(r, want.Scan(ctx, nil, nil), false))
		for range 3 {
			at := []byte(rapid.SampledFrom(keys).Draw(r, "vague"))
			same("rank without knowing keys", number(vague.Rank(ctx, at)), number(want.Rank(ctx, at)))
			val, ok, err := vague.Get(ctx, at)
			check(r, err)
			v, there := to[string(at)]
			same("get without knowing keys", fmt.Sprint(string(val), ok), fmt.Sprint(v, there))
		}
	})
}

// TestLaterIsWrong: who reads a leaf that is not what the edits take for granted is told.
func TestLaterIsWrong(t *testing.T) {
	ctx := context.Background()
	m := model{}
	for i := range 3000 {
		m[shape(0, 2*i)] = "old"
	}
	s := cas.NewMemory()
	tree := m.stored(t, NewNodes(s, 1<<20), s)
	for _, l := range []Late{
		{Edit: Edit{Key: []byte(shape(0, 2000))}, New: true},
		{Edit: Edit{Key: []byte(shape(0, 2001))}},
		{Edit: Edit{Key: []byte(shape(0, 2001)), Delete: true}},
		{Edit: Edit{Key: []byte(shape(0, 9001)), Delete: true}},
	} {
		for _, base := range []Tree{tree, Empty(tree.nodes, plain{kind: 1})} {
			if base.root.empty() && l.New {
				continue
			}
			wrong := base.Later(Later{
				Edits: func(context.Context) ([]Late, error) { return []Late{l}, nil },
				Wrong: func(reason string) error { return fmt.Errorf("%w: %s", errWrong, reason) },
			})
			if _, _, err := wrong.Get(ctx, l.Key); !errors.Is(err, errWrong) {
				t.Errorf("%+v: %v", l, err)
			}
			var failed error
			for _, failed = range wrong.Scan(ctx, nil, nil) {
			}
			if !errors.Is(failed, errWrong) {
				t.Errorf("%+v, all: %v", l, failed)
			}
		}
	}
}
