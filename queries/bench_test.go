package queries_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// people is a database of 100,000 people with five facts each, 500,000 in all, of whom every
// tenth leads the nine after it.
var people = sync.OnceValue(func() engine.DB {
	ctx := context.Background()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{}, time.Unix(1700000000, 0))
	if err != nil {
		panic(err)
	}
	if _, err := conn.Transact(ctx, parse(`[
 {:db/ident :p/name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
 {:db/ident :p/mail :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :p/age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
 {:db/ident :p/sex :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one}
 {:db/ident :p/boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}]`).Items(), engine.Meta{}); err != nil {
		panic(err)
	}
	for from := 1; from <= 100_000; from += 5000 {
		var b strings.Builder
		for e := from; e < from+5000; e++ {
			fmt.Fprintf(&b, `{:db/id %d :p/name "name%d" :p/mail "m%d" :p/age %d :p/sex %s :p/boss %d}`,
				e, e%1000, e, e*7919%100, []string{":male", ":female"}[e%2], max(1, e/10*10))
		}
		if _, err := conn.Transact(ctx, parse("["+b.String()+"]").Items(), engine.Meta{}); err != nil {
			panic(err)
		}
	}
	db, err := conn.DB(ctx)
	if err != nil {
		panic(err)
	}
	return db
})

func BenchmarkRun(b *testing.B) {
	for _, c := range []struct {
		name, text string
		rules      string
	}{
		{"point", `[:find ?n ?a :where [?e :p/mail "m777"] [?e :p/name ?n] [?e :p/age ?a]]`, ""},
		{"one clause", `[:find ?e :where [?e :p/name "name5"]]`, ""},
		{"two clauses of 100k", `[:find ?n ?a :where [?e :p/name ?n] [?e :p/age ?a]]`, ""},
		{"two clauses of 100k counted", `[:find (count ?e) . :where [?e :p/name ?n] [?e :p/age ?a]]`, ""},
		{"ref join of 100k", `[:find ?n ?m :where [?e :p/boss ?b] [?e :p/name ?n] [?b :p/name ?m]]`, ""},
		{"selective", `[:find ?n :where [?e :p/name ?n] [?e :p/age 42] [?e :p/sex :male]]`, ""},
		{"range", `[:find (count ?e) . :where [?e :p/age ?a] [(< ?a 5)]]`, ""},
		{"by group", `[:find ?s (avg ?a) (count ?e) :where [?e :p/age ?a] [?e :p/sex ?s]]`, ""},
		{"not", `[:find (count ?e) . :where [?e :p/age 42] (not [?e :p/sex :male])]`, ""},
		{"or", `[:find (count ?e) . :where [?e :p/age 42] (or [?e :p/sex :male] [?e :p/name "name42"])]`, ""},
		{"chain", `[:find (count ?x) . :in $ % :where (above ?x 1)]`, `[[(above ?x ?y) [?x :p/boss ?y]] [(above ?x ?y) [?x :p/boss ?z] (above ?z ?y)]]`},
	} {
		b.Run(c.name, func(b *testing.B) {
			inputs := []queries.Input{queries.DB(people())}
			if c.rules != "" {
				inputs = append(inputs, queries.Value(parse(c.rules)))
			}
			rows := 0
			for b.Loop() {
				q, err := queries.Parse(c.text)
				if err != nil {
					b.Fatal(err)
				}
				r, err := queries.Run(b.Context(), q, inputs, queries.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				rows = r.Len()
			}
			b.ReportMetric(float64(rows), "rows")
		})
	}
}
