package queries_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
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

// parse reads a form that is known to be one.
func parse(text string) edn.Value {
	v, err := edn.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("%v in %s", err, text))
	}
	return v
}

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
