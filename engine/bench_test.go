package engine

import (
	"fmt"
	"testing"
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
