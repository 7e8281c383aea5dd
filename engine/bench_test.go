package engine

import (
	"fmt"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/index"
)

// openMany opens the database of DHFS_PEOPLE people.
func openMany(b *testing.B) *Conn {
	b.Helper()
	s, _ := manyPeople(b)
	c, err := Connect(b.Context(), s, "main")
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkTransact changes one value among those of DHFS_PEOPLE people, nodes stored now and then.
func BenchmarkTransact(b *testing.B) {
	c := openMany(b)
	i := 0
	for b.Loop() {
		i++
		text := fmt.Sprintf(`[{:person/id "p%06d" :person/age %d}]`, i*7919%many(b), i%100)
		if _, err := c.Transact(b.Context(), forms(b, text), Meta{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWith is the same without the store.
func BenchmarkWith(b *testing.B) {
	c := openMany(b)
	db := c.dbNow(b)
	i := 0
	for b.Loop() {
		i++
		text := fmt.Sprintf(`[{:person/id "p%06d" :person/age %d}]`, i*7919%many(b), i%100)
		if _, err := db.With(b.Context(), forms(b, text), c.now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	s, _ := manyPeople(b)
	id, err := s.Ref(b.Context(), "heads/main")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Open(b.Context(), s, id); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEntity(b *testing.B) {
	db := openMany(b).dbNow(b)
	i := 0
	for b.Loop() {
		i++
		for _, err := range db.Match(b.Context(), Pattern{E: Some(ID(i*7919%many(b) + 1))}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkEntid(b *testing.B) {
	db := openMany(b).dbNow(b)
	a, _ := db.Schema().ByIdent("person/id")
	i := 0
	for b.Loop() {
		i++
		if _, ok, err := db.Entid(b.Context(), a.ID, String(fmt.Sprintf("p%06d", i*7919%many(b)))); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// BenchmarkColumns reads all values of one attribute.
func BenchmarkColumns(b *testing.B) {
	db := openMany(b).dbNow(b)
	a, _ := db.Schema().ByIdent("person/age")
	rows := 0
	for b.Loop() {
		for c, err := range db.Columns(b.Context(), Pattern{A: Some(a.ID)}) {
			if err != nil {
				b.Fatal(err)
			}
			rows += len(c.E)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/datom")
}

// leafOf is a leaf of ages as AVET has them.
func leafOf(b *testing.B) (datomLayout, []index.Entry) {
	b.Helper()
	l := datomLayout{order: AVET}
	var datoms []Datom
	for i := range 500 {
		datoms = append(datoms, Datom{E: ID(7*i + 1), V: Long(int64(20 + i/100)), T: uint64(i % 9)})
	}
	return l, runOf(l, datoms)
}

func BenchmarkEncodeLeaf(b *testing.B) {
	l, run := leafOf(b)
	for b.Loop() {
		if _, err := l.Encode(run); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(run)), "ns/datom")
}

func BenchmarkDecodeLeaf(b *testing.B) {
	l, run := leafOf(b)
	data, err := l.Encode(run)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := l.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(run)), "ns/datom")
}

// BenchmarkEditLeaf adds one datom to a tree of one leaf.
func BenchmarkEditLeaf(b *testing.B) {
	l, run := leafOf(b)
	entries := func(yield func(index.Entry, error) bool) {
		for i := 0; i < len(run) && yield(run[i], nil); i++ {
		}
	}
	n := index.NewNodes(cas.NewMemory(), 1<<20)
	tree, err := index.Build(b.Context(), n, l, entries, nil)
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		key := l.appendKey(nil, Datom{E: ID(7*(i%400) + 3), V: Long(22)})
		if _, err := tree.Edit(b.Context(), []index.Edit{{Key: key, Val: []byte{1, 9}}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(run)), "ns/datom")
}
