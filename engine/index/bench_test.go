package index

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
)

const million = 1_000_000

const golden64 = 0x9E3779B97F4A7C15

// stored is a tree of a million scattered keys in a memory store, all nodes decoded.
func stored(b *testing.B) Tree {
	b.Helper()
	ctx := context.Background()
	store := cas.NewMemory()
	var blocks []cas.Block
	t, err := Build(ctx, NewNodes(store, 1<<30), plain{kind: 1}, numbered(million, golden64), func(x cas.Block) error {
		blocks = append(blocks, x)
		return nil
	})
	check(b, err)
	check(b, store.Put(ctx, blocks))
	for _, err := range t.Scan(ctx, nil, nil) {
		check(b, err)
	}
	return t
}

func keyAt(i uint64) []byte { return binary.BigEndian.AppendUint64(nil, (i+1)*golden64) }

func BenchmarkBuild(b *testing.B) {
	entries := slices.Collect(func(yield func(Entry) bool) {
		for e := range numbered(million, golden64) {
			if !yield(e) {
				return
			}
		}
	})
	seq := func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
	n := NewNodes(cas.NewMemory(), 0)
	for b.Loop() {
		_, err := Build(context.Background(), n, plain{kind: 1}, seq, func(cas.Block) error { return nil })
		check(b, err)
	}
	b.ReportMetric(float64(b.N)*million/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkEdit1(b *testing.B) {
	t := stored(b)
	i := uint64(0)
	for b.Loop() {
		i++
		edited(b, t, []Edit{{Key: keyAt(i * 7919 % million), Val: []byte("new")}})
	}
}

func BenchmarkEdit1Root(b *testing.B) {
	t := stored(b)
	i := uint64(0)
	for b.Loop() {
		i++
		rootOf(b, edited(b, t, []Edit{{Key: keyAt(i * 7919 % million), Val: []byte("new")}}))
	}
}

func BenchmarkEditBatch(b *testing.B) {
	t := stored(b)
	edits := make([]Edit, 10_000)
	for i := range edits {
		edits[i] = Edit{Key: keyAt(rand.Uint64()), Val: []byte("new")}
	}
	slices.SortFunc(edits, func(x, y Edit) int { return slices.Compare(x.Key, y.Key) })
	for b.Loop() {
		rootOf(b, edited(b, t, edits))
	}
	b.ReportMetric(float64(b.N)*float64(len(edits))/b.Elapsed().Seconds(), "edits/s")
}

func BenchmarkScan(b *testing.B) {
	t := stored(b)
	rows := 0
	for b.Loop() {
		for run, err := range t.Scan(context.Background(), nil, nil) {
			check(b, err)
			rows += run.Hi - run.Lo
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkScanCold(b *testing.B) {
	t := stored(b)
	t.nodes = NewNodes(t.nodes.from, 0)
	rows := 0
	for b.Loop() {
		for run, err := range t.Scan(context.Background(), nil, nil) {
			check(b, err)
			rows += run.Hi - run.Lo
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkGet looks up keys all over the tree, and a few that stay in the processor's cache.
func BenchmarkGet(b *testing.B) {
	t := stored(b)
	for name, keys := range map[string]uint64{"all": million, "few": 100} {
		b.Run(name, func(b *testing.B) {
			i := uint64(0)
			for b.Loop() {
				i++
				if _, ok, err := t.Get(context.Background(), keyAt(i*7919%keys)); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
