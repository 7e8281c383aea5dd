package test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
)

// BenchmarkAsOf opens a store with DHFS_TXS transactions, of which old snapshots were thinned out, and in it the head or the database as of a random t, and reads a random entity, all as the first
// command of a process does. The store is made in DHFS_STORE, where that is named, and is used again. The median and the ninth decile are in ms.
func BenchmarkAsOf(b *testing.B) {
	dir, txs := cmp.Or(os.Getenv("DHFS_STORE"), filepath.Join(b.TempDir(), "store")), storageTxs(b)
	if _, err := os.Stat(dir); err != nil {
		writeNotes(b, dir, txs, func() {})
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for _, of := range []struct {
		name string
		t    func() uint64
	}{
		{"head", func() uint64 { return uint64(txs) + 1 }},
		{"old", func() uint64 { return 2 + dice.Uint64N(uint64(txs)-1) }},
	} {
		b.Run(of.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				t, e := of.t(), engine.ID(1+dice.IntN(10_000))
				began := time.Now()
				readAsOf(b, dir, t, e)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			for unit, at := range map[string]int{"ms-median": len(took) / 2, "ms-p90": len(took) * 9 / 10} {
				b.ReportMetric(float64(took[at].Microseconds())/1000, unit)
			}
		})
	}
}

// readAsOf opens a store and its database as of t, and reads an entity.
func readAsOf(b *testing.B, dir string, t uint64, e engine.ID) {
	ctx := b.Context()
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	commit, err := engine.Resolve(ctx, s, fmt.Sprintf("t%d", t), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	db, err := engine.Open(ctx, s, commit.ID)
	if err != nil {
		b.Fatal(err)
	}
	datoms := 0
	for _, err := range db.Match(ctx, engine.Pattern{E: engine.Some(e)}) {
		if err != nil {
			b.Fatal(err)
		}
		datoms++
	}
	if datoms < 5 || db.T() != t {
		b.Fatalf("%d datoms of entity %d at t%d", datoms, e, db.T())
	}
}
