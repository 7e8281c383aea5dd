package ingest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// orders is a file of n rows in a format.
func orders(f Format, n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	if f == CSV {
		b.WriteString("id,customer,date,freight,city,paid\n")
	}
	line := map[Format]string{
		CSV:   "%d,C%04d,%d-0%d-1%d,%.2f,\"%s, Germany\",%t\n",
		JSONL: `{"id": %d, "customer": "C%04d", "date": "%d-0%d-1%d", "freight": %.2f, "city": "%s, Germany", "paid": %t}` + "\n",
		EDN:   `{:order/id %d :order/customer "C%04d" :order/date #inst "%d-0%d-1%d" :order/freight %.2f :order/city "%s, Germany" :order/paid %t}` + "\n",
	}[f]
	for i := range n {
		fmt.Fprintf(&b, line, i+1, rnd.IntN(10_000), 2000+rnd.IntN(26), 1+rnd.IntN(9), rnd.IntN(10), rnd.Float64()*100,
			[]string{"Berlin", "Potsdam", "Köln"}[rnd.IntN(3)], rnd.IntN(2) == 0)
	}
	return b.Bytes()
}

// BenchmarkSource measures both passes over a file of 100,000 rows, six datoms each.
func BenchmarkSource(b *testing.B) {
	for _, f := range []Format{CSV, JSONL, EDN} {
		b.Run(strings.ToUpper(string(f)), func(b *testing.B) {
			data := orders(f, 100_000)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s, err := Open(context.Background(), bytes.NewReader(data), Options{Name: "order." + string(f)})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range s.Batches(context.Background()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
