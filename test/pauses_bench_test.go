package test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// BenchmarkPauses tells how long small transactions take, the slowest of them above all: Tidy goes on beside them. DHFS_TXS says how many.
func BenchmarkPauses(b *testing.B) {
	txs := storageTxs(b)
	var took []time.Duration
	for b.Loop() {
		writeNotes(b, b.TempDir(), txs, addNote, func(c *engine.Conn, forms []edn.Value) (engine.Report, error) {
			start := time.Now()
			r, err := c.Transact(context.Background(), forms, engine.Meta{})
			took = append(took, time.Since(start))
			return r, err
		})
	}
	slices.Sort(took)
	for name, share := range map[string]float64{"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1} {
		b.ReportMetric(float64(took[int(float64(len(took)-1)*share)])/1e6, name+"-ms")
	}
}
