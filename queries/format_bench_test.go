package queries_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// relation is what a query gives of rows that are put in.
func relation(t testing.TB, find string, rows []edn.Value) *queries.Result {
	t.Helper()
	q, err := queries.Parse("[:find " + find + " :in [[" + find + "]]]")
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(context.Background(), q, []queries.Input{queries.Value(edn.MakeVector(rows...))}, queries.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func BenchmarkWrite(b *testing.B) {
	const n = 500_000
	pairs, texts, mixed := make([]edn.Value, n), make([]edn.Value, n), make([]edn.Value, n)
	for i := range n {
		pairs[i] = edn.MakeVector(edn.MakeInt(int64(1e6+i/500)), edn.MakeInt(int64(1e6+i%500)))
		texts[i] = edn.MakeVector(edn.MakeString(fmt.Sprintf("name of %d", i)), edn.MakeString(fmt.Sprintf("kind %d", i%20)))
		mixed[i] = edn.MakeVector(edn.MakeFloat(float64(i)/7), edn.MakeInst(1.7e12+int64(i)*1000))
	}
	for _, c := range []struct {
		name string
		r    *queries.Result
	}{
		{"pairs", relation(b, "?a ?b", pairs)},
		{"texts", relation(b, "?a ?b", texts)},
		{"mixed", relation(b, "?a ?b", mixed)},
	} {
		for _, f := range []queries.Format{queries.TSV, queries.CSV, queries.JSON, queries.EDN, queries.Table} {
			b.Run(c.name+" "+string(f), func(b *testing.B) {
				for b.Loop() {
					if err := queries.Write(io.Discard, c.r, f); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*n), "ns/cell")
			})
		}
	}
}
