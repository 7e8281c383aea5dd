package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// batch makes tx data of n people with five datoms each, numbered from first
// in steps, in no order.
func batchOf(first, step, n int, salt int) []edn.Value {
	key := func(s string) edn.Value { return edn.MakeKeyword("person/" + s) }
	forms := make([]edn.Value, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i, p := range r.Perm(n) {
		p = first + p*step
		forms[i] = edn.MakeMap(key("email"), edn.MakeString(fmt.Sprintf("p%08d@example.org", p)),
			key("name"), edn.MakeString(fmt.Sprintf("Person %d", p+salt)), key("age"), edn.MakeInt(int64((p+salt)%90)),
			key("height"), edn.MakeFloat(1.5+float64(p%50)/100), key("aka"), edn.MakeVector(edn.MakeString(fmt.Sprintf("p%d", p%1000))))
	}
	return forms
}

// benchmarkExpand expands batches of 100,000 datoms on a database of 200,000.
func benchmarkExpand(b *testing.B, forms []edn.Value) {
	ctx := context.Background()
	w := newPeople(b)
	r, err := w.db.With(ctx, batchOf(0, 2, 40_000, 0), noon)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if _, err := expand(ctx, r.After, forms, 3, noon, r.After.s.next); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(5*float64(len(forms))*float64(b.N)/b.Elapsed().Seconds(), "datoms/s")
}

func BenchmarkExpandNew(b *testing.B)     { benchmarkExpand(b, batchOf(1, 2, 20_000, 0)) }
func BenchmarkExpandSame(b *testing.B)    { benchmarkExpand(b, batchOf(0, 2, 20_000, 0)) }
func BenchmarkExpandChanged(b *testing.B) { benchmarkExpand(b, batchOf(0, 4, 20_000, 1)) }
func BenchmarkExpandOne(b *testing.B)     { benchmarkExpand(b, batchOf(1, 2, 1, 0)) }
