package datahiketest

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/fressian"
)

// People is a store of 100,000 datoms of 50,000 people with the ids 1 to 50,000: :person/name "name_31415", which is unique, and :person/age 62
// are of 31416.
func People(w *Writer) {
	now, schema := people(w)
	w.Commit("db", FirstTx+1, nil, now, nil, schema)
	w.Branches("db")
}

// ManyTransactions is People, and so many transactions after it, each a commit: 31416 is a year older in each. Commits share
// what they do not change.
func ManyTransactions(w *Writer, n int) {
	w.Shares = true
	now, schema := people(w)
	last := w.Commit("db", FirstTx+1, nil, now, nil, schema)
	at := 2 * 31415 // the datom that changes
	var was []Datom
	for tx := int64(FirstTx + 2); tx < FirstTx+2+int64(n); tx++ {
		old := now[at]
		gone := old
		gone.Tx, gone.Added = tx, false
		was = append(was, old, gone)
		now[at].V, now[at].Tx = old.V.(int64)+1, tx
		now = append(now, Datom{tx, KW("db/txInstant"), fressian.Inst(1_700_000_000_000 + tx - FirstTx), tx, true})
		last = w.Commit("db", tx, fressian.Set{last}, now, was, schema)
	}
	w.Branches("db")
}

// people are the datoms, and the schema.
func people(w *Writer) (now []Datom, schema fressian.Map) {
	attribute := func(ident, kind string, more ...any) fressian.Map {
		return append(fressian.Map{KW("db/ident"), KW(ident), KW("db/valueType"), KW("db.type/" + kind), KW("db/cardinality"), KW("db.cardinality/one")}, more...)
	}
	age, name := attribute("person/age", "long"), attribute("person/name", "string", KW("db/unique"), KW("db.unique/identity"))
	schema = fressian.Map{KW("person/age"), age, KW("person/name"), name, int64(100_001), KW("person/age"), int64(100_002), KW("person/name")}
	add := func(e int64, a string, v any) { now = append(now, Datom{e, KW(a), v, FirstTx + 1, true}) }
	for e := range int64(50_000) {
		add(e+1, "person/age", e/500)
		add(e+1, "person/name", fmt.Sprintf("name_%05d", e))
	}
	for i, said := range []fressian.Map{age, name} {
		for at := 0; at < len(said); at += 2 {
			add(int64(100_001+i), string(said[at].(fressian.Keyword)), said[at+1])
		}
	}
	add(FirstTx+1, "db/txInstant", fressian.Inst(1_700_000_000_000))
	w.Indexed = []string{"person/name", "db/ident"}
	return now, schema
}
