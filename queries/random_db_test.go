package queries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// testSchema has an attribute of each sort that queries treat differently.
const testSchema = `[
 {:db/ident :a/n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
 {:db/ident :a/m :db/valueType :db.type/long :db/cardinality :db.cardinality/many}
 {:db/ident :a/d :db/valueType :db.type/double :db/cardinality :db.cardinality/one}
 {:db/ident :a/s :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :a/k :db/valueType :db.type/keyword :db/cardinality :db.cardinality/many}
 {:db/ident :a/r :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
 {:db/ident :a/o :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}
 {:db/ident :a/u :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}]`

// forms reads tx data.
func forms(t testing.TB, text string) []edn.Value {
	t.Helper()
	v, err := edn.Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v.Items()
}

// newDB makes a database of transactions.
func newDB(t testing.TB, o engine.Options, txs ...string) engine.DB {
	t.Helper()
	ctx := context.Background()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", o, time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, tx := range txs {
		if _, err := conn.Transact(ctx, forms(t, tx), engine.Meta{}); err != nil {
			t.Fatalf("%v in %s", err, tx)
		}
	}
	db, err := conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// entities is how many there are in random databases, and what their numbers go up to.
const entities = 4

var values = map[string]func(*writer) string{
	":a/n": (*writer).small, ":a/m": (*writer).small, ":a/r": (*writer).entity, ":a/o": (*writer).entity,
	":a/d": oneOf("0.5", "1.0", "2.0"), ":a/s": oneOf(`"x"`, `"y"`, `"z"`, `""`), ":a/k": oneOf(":x", ":y", ":a/n"),
}

var attributes = []string{":a/n", ":a/m", ":a/d", ":a/s", ":a/k", ":a/r", ":a/o", ":a/u"}

func (w *writer) small() string { return fmt.Sprint(w.IntN(5)) }

func (w *writer) entity() string { return fmt.Sprint(1 + w.IntN(entities)) }

func oneOf(words ...string) func(*writer) string {
	return func(w *writer) string { return w.pick(words...) }
}

// transactions makes tx data that adds and retracts facts of a few entities.
func (w *writer) transactions() []string {
	txs := []string{testSchema, `[{:db/id 1 :a/u "u1"} {:db/id 2 :a/u "u2"}]`}
	for range 2 + w.IntN(5) {
		var facts []string
		done := map[string]bool{}
		for range 4 + w.IntN(16) {
			a, e := w.pick(attributes[:7]...), w.entity()
			if done[e+a] {
				continue // one fact a place: a transaction must not contradict itself
			}
			done[e+a] = true
			facts = append(facts, fmt.Sprintf("[%s %s %s %s]", w.pick(":db/add", ":db/add", ":db/add", ":db/retract"), e, a, values[a](w)))
		}
		txs = append(txs, "["+strings.Join(facts, " ")+"]")
	}
	return txs
}

// crowd makes tx data of entities that have little to do with the few, but make scans longer than look-ups.
func (w *writer) crowd() string {
	var b strings.Builder
	for e := 100; e < 250; e++ {
		fmt.Fprintf(&b, `{:db/id %d :a/n %d :a/m [%d %d] :a/d %d.5 :a/s "s%d" :a/k :k%d :a/r [%d] :a/o %d :a/u "v%d"}`,
			e, e, e, w.IntN(9), e, e, e, 100+e%3, 100+e%2, e)
	}
	return "[" + b.String() + "]"
}

// view looks at a database at some time.
func (w *writer) view(t testing.TB, db engine.DB) (string, queries.Input) {
	at := 2 + w.Uint64N(db.T()-1)
	switch kind := w.pick("now", "now", "now", "as-of", "as-of", "since", "history", "history", "history since"); kind {
	case "as-of":
		past, err := db.AsOf(context.Background(), at)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("as-of %d", at), queries.DB(past)
	case "since":
		return fmt.Sprintf("since %d", at), queries.DB(db.Since(at))
	case "history":
		return kind, queries.DB(db.History())
	case "history since":
		return fmt.Sprintf("history since %d", at), queries.DB(db.History().Since(at))
	}
	return "now", queries.DB(db)
}
