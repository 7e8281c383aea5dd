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

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
)

// asOfReads are what somebody wants of a database, each with how many answers there are at least.
var asOfReads = []struct {
	name  string
	least int
	read  func(ctx context.Context, db engine.DB, e engine.ID) (int, error)
}{
	{"entity", 5, func(ctx context.Context, db engine.DB, e engine.ID) (int, error) {
		return countDatoms(ctx, db, engine.Pattern{E: engine.Some(e)})
	}},
	{"column", 20_000, func(ctx context.Context, db engine.DB, _ engine.ID) (int, error) {
		return countDatoms(ctx, db, engine.Pattern{A: engine.Some(attrOf(db, "p/age"))})
	}},
	{"value", 100, func(ctx context.Context, db engine.DB, e engine.ID) (int, error) {
		return countDatoms(ctx, db, engine.Pattern{A: engine.Some(attrOf(db, "p/city")), V: engine.Some(engine.String(fmt.Sprintf("city %d", e%70)))})
	}},
	{"history", 5, func(ctx context.Context, db engine.DB, e engine.ID) (int, error) {
		all, err := engine.EntityLog(ctx, db, e)
		return len(all), err
	}},
	{"kinds", 1, func(ctx context.Context, db engine.DB, _ engine.ID) (int, error) {
		all, err := db.Kinds(ctx)
		return len(all), err
	}},
	{"name", 1, func(ctx context.Context, db engine.DB, e engine.ID) (int, error) {
		_, ok, err := db.Lookup(ctx, engine.Home{Kind: "_", Name: fmt.Sprint(e)})
		if !ok {
			return 0, err
		}
		return 1, err
	}},
	{"names", 1000, func(ctx context.Context, db engine.DB, e engine.ID) (n int, err error) {
		for _, err := range db.Names(ctx, "_", fmt.Sprint(e%8+1)) {
			if n++; err != nil || n == 1000 {
				return n, err
			}
		}
		return n, nil
	}},
	{"diff", 1, func(ctx context.Context, db engine.DB, _ engine.ID) (n int, err error) {
		before, err := db.AsOf(ctx, db.T()-1)
		if err != nil {
			return 0, err
		}
		for _, err := range engine.Diff(ctx, before, db) {
			if err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	}},
}

func attrOf(db engine.DB, ident string) engine.ID {
	a, _ := db.Schema().ByIdent(ident)
	return a.ID
}

func countDatoms(ctx context.Context, db engine.DB, p engine.Pattern) (n int, err error) {
	for c, err := range db.Columns(ctx, p) {
		if err != nil {
			return 0, err
		}
		n += len(c.E)
	}
	return n, nil
}

// changeNote gives an entity a note, and every other time another age too.
func changeNote(i, txs int) string {
	e := i*797%txs + 1
	if i%2 == 0 {
		return fmt.Sprintf(`[:db/add %d :p/note "note %d"]`, e, i)
	}
	return fmt.Sprintf(`{:db/id %d :p/note "note %d" :p/age %d}`, e, i, 100+i%100)
}

// BenchmarkAsOf opens a store with DHFS_TXS transactions, of which old snapshots were thinned out, and in it the head or the database as of a random t, and reads something in it, all as the first
// command of a process does. The store is made in DHFS_STORE, where that is named, and is used again. The median and the ninth decile are in ms.
func BenchmarkAsOf(b *testing.B) {
	dir, txs := cmp.Or(os.Getenv("DHFS_STORE"), filepath.Join(b.TempDir(), "store")), storageTxs(b)
	if _, err := os.Stat(dir); err != nil {
		writeNotes(b, dir, txs, changeNote, transactAndTidy)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for _, read := range asOfReads {
		for _, of := range []struct {
			name string
			t    func() uint64
		}{
			{"head", func() uint64 { return uint64(txs) + 1 }},
			{"old", func() uint64 { return 3 + dice.Uint64N(uint64(txs)-2) }},
		} {
			b.Run(read.name+"/"+of.name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					t, e := of.t(), engine.ID(1+dice.IntN(10_000))
					began := time.Now()
					n, err := readAsOf(b, dir, t, func(ctx context.Context, db engine.DB) (int, error) { return read.read(ctx, db, e) })
					took = append(took, time.Since(began))
					if err != nil || n < read.least {
						b.Fatalf("%d answers at t%d for entity %d: %v", n, t, e, err)
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

// readAsOf opens a store and its database as of t, and reads in it.
func readAsOf(b *testing.B, dir string, t uint64, read func(context.Context, engine.DB) (int, error)) (int, error) {
	ctx := b.Context()
	s, err := casfile.Open(ctx, dir, casfile.Options{})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	commit, err := engine.Resolve(ctx, s, fmt.Sprintf("t%d", t), time.Now())
	if err != nil {
		return 0, err
	}
	db, err := engine.Open(ctx, s, commit.ID)
	if err != nil {
		return 0, err
	}
	if db.T() != t {
		b.Fatalf("t%d instead of t%d", db.T(), t)
	}
	return read(ctx, db)
}
