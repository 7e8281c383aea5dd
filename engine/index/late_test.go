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
		for c, err := range Diff(ctx, got, want) {
			r.Fatalf("differs at %x, %v", c.Key, err)
		}
		same("how often all edits were made", made, 3)
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
