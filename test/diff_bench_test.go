package test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// BenchmarkDiff compares commits of the store of BenchmarkAsOf as the first command of a process does: two of which the newer one is among the last 60, or a random one, one
// transaction apart or ten. They are opened one by one, or to be compared. The median and the ninth decile are in ms.
func BenchmarkDiff(b *testing.B) {
	dir, txs := cmp.Or(os.Getenv("DHFS_STORE"), filepath.Join(b.TempDir(), "store")), storageTxs(b)
	if _, err := os.Stat(dir); err != nil {
		writeNotes(b, dir, txs, changeNote, transactAndTidy)
	}
	oneByOne := func(ctx context.Context, g cas.Getter, from, to cid.Cid) (before, after engine.DB, err error) {
		if before, err = engine.Open(ctx, g, from); err == nil {
			after, err = engine.Open(ctx, g, to)
		}
		return before, after, err
	}
	for _, apart := range []uint64{1, 10} {
		for _, of := range []struct {
			name string
			last uint64 // t is one of so many
		}{{"new", 60}, {"old", uint64(txs) - 20}} {
			for _, way := range []struct {
				name string
				open func(ctx context.Context, g cas.Getter, from, to cid.Cid) (before, after engine.DB, err error)
			}{{"one by one", oneByOne}, {"to compare", engine.OpenToCompare}} {
				b.Run(fmt.Sprintf("%d/%s/%s", apart, of.name, way.name), func(b *testing.B) {
					dice := rand.New(rand.NewPCG(1, 2))
					var took []time.Duration
					for b.Loop() {
						t := uint64(txs) + 1 - dice.Uint64N(of.last)
						began := time.Now()
						n, err := coldDiff(b.Context(), dir, t-apart, t, way.open)
						took = append(took, time.Since(began))
						if err != nil || n < int(apart) {
							b.Fatalf("%d datoms differ between t%d and %d before: %v", n, t, apart, err)
						}
					}
					slices.Sort(took)
					for unit, at := range map[string]int{"ms-median": len(took) / 2, "ms-p90": len(took) * 9 / 10} {
						b.ReportMetric(float64(took[at].Microseconds())/1000, unit)
					}
				})
			}
		}
	}
}

// coldDiff opens a store and two of its values, and counts by how many datoms they differ.
func coldDiff(ctx context.Context, dir string, from, to uint64, open func(ctx context.Context, g cas.Getter, from, to cid.Cid) (before, after engine.DB, err error)) (n int, err error) {
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var ids [2]cid.Cid
	for i, t := range []uint64{from, to} {
		c, err := engine.Resolve(ctx, s, fmt.Sprintf("t%d", t), time.Now())
		if err != nil {
			return 0, err
		}
		ids[i] = c.ID
	}
	before, after, err := open(ctx, s, ids[0], ids[1])
	if err != nil {
		return 0, err
	}
	for _, err := range engine.Diff(ctx, before, after) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
