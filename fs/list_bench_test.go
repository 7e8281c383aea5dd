package fs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/fs"
)

// BenchmarkListWide lists 1,000 entities of 100 attributes of about 250 bytes each, and asks for the stat of every
// file, with nothing in memory before: what a cold find makes the server do.
func BenchmarkListWide(b *testing.B) {
	ctx, dir := b.Context(), b.TempDir()
	wideDatabase(b, dir)
	b.ReportAllocs()
	for b.Loop() {
		s, err := casfile.Open(ctx, dir, casfile.Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := statAll(b, ctx, fs.New([]fs.Database{{Name: "wide", Store: s}}, fs.Options{}))
		if n != 100_000 {
			b.Fatalf("%d files", n)
		}
		s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/file")
}

func statAll(b *testing.B, ctx context.Context, t *fs.Tree) (n int) {
	top, err := t.Walk(ctx, "head/entities/item")
	if err != nil {
		b.Fatal(err)
	}
	for e, err := range top.(fs.Dir).List(ctx, 0) {
		if err != nil {
			b.Fatal(err)
		}
		for f, err := range e.Node.(fs.Dir).List(ctx, 0) {
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Node.Stat(ctx); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	return n
}

func wideDatabase(b *testing.B, dir string) {
	s, err := casfile.Create(b.Context(), dir, casfile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	conn, err := engine.Create(b.Context(), s, "main", engine.Options{}, time.Unix(1700000000, 0))
	if err != nil {
		b.Fatal(err)
	}
	var schema, data strings.Builder
	fmt.Fprint(&schema, "{:db/ident :item/id :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}")
	for i := 1; i < 100; i++ {
		fmt.Fprintf(&schema, "{:db/ident :item/field-%02d :db/valueType :db.type/string :db/cardinality :db.cardinality/one}", i)
	}
	words := strings.Fields("amber basin cedar delta ember fjord grove harbor island juniper kelp lagoon meadow north ocean prairie quarry river summit tundra")
	r := rand.New(rand.NewPCG(7, 20))
	for e := range 1000 {
		fmt.Fprintf(&data, "{:item/id %d", e)
		for i := 1; i < 100; i++ {
			fmt.Fprintf(&data, " :item/field-%02d %q", i, fmt.Sprint(r.IntN(100_000))+strings.Repeat(" "+words[r.IntN(len(words))], 40))
		}
		data.WriteString("}")
	}
	for _, text := range []string{schema.String(), data.String()} {
		v, err := edn.Parse("[" + text + "]")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Transact(b.Context(), v.Items(), engine.Meta{}); err != nil {
			b.Fatal(err)
		}
	}
}
