package test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// BenchmarkAsOf opens commits of a store with DHFS_TXS transactions, of which old snapshots were thinned out, and looks up an entity, nothing known beforehand. The store stays in
// DHFS_STORE, where that is named. It tells the medians of the head and of t at random.
func BenchmarkAsOf(b *testing.B) {
	ctx := b.Context()
	dir := storeOfCommits(b)
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c, err := engine.Connect(ctx, s, "main")
	if err != nil {
		b.Fatal(err)
	}
	head, err := c.DB(ctx)
	if err != nil {
		b.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for _, of := range []struct {
		name string
		t    func() uint64
	}{
		{"head", head.T},
		{"old", func() uint64 { return 2 + dice.Uint64N(head.T()-2) }},
	} {
		b.Run(of.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				at := of.t()
				began := time.Now()
				lookUp(b, ctx, dir, at, fmt.Sprintf("%d", dice.IntN(10_000)))
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, "ms-p90")
		})
	}
}

// lookUp opens the store and its database as of t, and reads the entity with the key.
func lookUp(b *testing.B, ctx context.Context, dir string, t uint64, key string) {
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
	var n int64
	fmt.Sscan(key, &n)
	seen := 0
	for _, err := range db.Match(ctx, engine.Pattern{E: engine.Some(engine.ID(n + 1))}) {
		if err != nil {
			b.Fatal(err)
		}
		seen++
	}
	if seen < 5 || db.T() != t {
		b.Fatalf("%d datoms at t%d", seen, db.T())
	}
}

// storeOfCommits is a store of DHFS_TXS transactions of one datom.
func storeOfCommits(b *testing.B) string {
	ctx, dir := b.Context(), cmp.Or(os.Getenv("DHFS_STORE"), filepath.Join(b.TempDir(), "store"))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	s, err := casfile.Create(ctx, dir, casfile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c, err := engine.Create(ctx, s, "main", engine.Options{SchemaOnRead: true}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		b.Fatal(err)
	}
	txs := storageTxs(b)
	var text strings.Builder
	for i := range max(10_000, 2*txs) {
		fmt.Fprintf(&text, `{:db/id %d :p/id %d :p/name "name %d" :p/city "city %d" :p/age %d :p/salary %d}`, i+1, i, i*7%100, i*31%70, i*31%100, i*7919%100_000)
	}
	forms, err := edn.ParseAll(text.String())
	if err == nil {
		_, err = c.TransactLast(ctx, forms, engine.Meta{})
	}
	for i := 0; i < txs && err == nil; i++ {
		if forms, err = edn.ParseAll(fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, i*797%txs+1, i)); err == nil {
			_, err = c.Transact(ctx, forms, engine.Meta{})
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	return dir
}
