package queries_test

import (
	"context"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// An answer is found again after commits that touch nothing which the query reads, and not after others.
func TestAnswersAreKept(t *testing.T) {
	ctx := context.Background()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{}, time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	transact := func(text string) engine.DB {
		t.Helper()
		if _, err := conn.Transact(ctx, forms(t, text), engine.Meta{}); err != nil {
			t.Fatal(err)
		}
		db, err := conn.DB(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	ask := func(db engine.DB, text string, rows int, kept bool) {
		t.Helper()
		q, err := queries.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := queries.Run(ctx, q, []queries.Input{queries.DB(db)}, queries.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Len() != rows || r.Stats.Kept != kept {
			t.Errorf("%s: %d rows, kept %v; want %d, %v", text, r.Len(), r.Stats.Kept, rows, kept)
		}
	}
	names := "[:find ?n :where [?e :a/s ?n]]"
	transact(testSchema)
	first := transact(`[{:db/id 1 :a/s "x"} {:db/id 2 :a/s "y" :a/u "u1"}]`)
	ask(first, names, 2, false)
	ask(first, names, 2, true)
	ask(first.History(), names, 2, false)
	unrelated := transact(`[{:db/id 3 :a/n 4}]`)
	ask(unrelated, names, 2, true)
	related := transact(`[{:db/id 3 :a/s "z"}]`)
	ask(related, names, 3, false)
	ask(first, names, 2, true)

	// What a lookup ref names is part of the question.
	named := `[:find ?n :where [[:a/u "u1"] :a/s ?n]]`
	ask(related, named, 1, false)
	moved := transact(`[[:db/retract 2 :a/u "u1"] [:db/add 1 :a/u "u1"]]`)
	ask(moved, named, 1, false)

	// Functions that ask, pulls and patterns of any attribute depend on all there is.
	for _, text := range []string{`[:find ?e :where [?e ?a 4]]`, `[:find (pull ?e [*]) :where [?e :a/n 4]]`, `[:find ?v :where [?e :a/n 4] [(get-else $ ?e :a/d 0.0) ?v]]`} {
		ask(moved, text, 1, false)
		ask(moved, text, 1, true)
	}
	again := transact(`[[:db/add 1 :a/k :x]]`)
	for _, text := range []string{`[:find ?e :where [?e ?a 4]]`, `[:find (pull ?e [*]) :where [?e :a/n 4]]`, `[:find ?v :where [?e :a/n 4] [(get-else $ ?e :a/d 0.0) ?v]]`} {
		ask(again, text, 1, false)
	}

	// What is drawn at random is drawn each time.
	for range 2 {
		ask(again, `[:find (rand ?n) . :where [?e :a/s ?n]]`, 1, false)
		ask(again, `[:find ?r :where [?e :a/n 4] [(rand) ?r]]`, 1, false)
	}
}
