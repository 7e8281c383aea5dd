package queries_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// town is a database of 4,000 people of whom everyone knows a few others, stored, and the store it is in.
var town = sync.OnceValues(func() (*cas.Memory, engine.DB) {
	ctx := context.Background()
	store := cas.NewMemory()
	conn, err := engine.Create(ctx, store, "main", engine.Options{}, time.Unix(1700000000, 0))
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for e := 1; e <= 4000; e++ {
		fmt.Fprintf(&b, `{:db/id %d :a/s "name%d" :a/n %d :a/u "u%d" :a/k %s :a/r [%d %d %d]}`,
			e, e%40, e%100, e, []string{":x", ":y"}[e%2], 1+r.IntN(4000), 1+r.IntN(4000), 1+r.IntN(4000))
	}
	for _, tx := range []string{testSchema, "[" + b.String() + "]"} {
		if _, err := conn.Transact(ctx, parse(tx).Items(), engine.Meta{}); err != nil {
			panic(err)
		}
	}
	db, err := conn.DB(ctx)
	if err != nil {
		panic(err)
	}
	return store, db
})

// steps runs a query often enough for all that pays to be kept, and returns how it was run then.
func steps(t *testing.T, text string, in ...queries.Input) (*queries.Result, []queries.Step) {
	t.Helper()
	_, db := town()
	q, err := queries.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var r *queries.Result
	for range 60 {
		if r, err = queries.RunAfresh(t.Context(), q, append([]queries.Input{queries.DB(db)}, in...), queries.Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	return r, r.Stats.Plan.Steps()
}

// Each way of answering is used where it should be.
func TestWays(t *testing.T) {
	reach := queries.Value(parse(`[[(reach ?x ?y) [?x :a/r ?y]] [(reach ?x ?y) [?x :a/r ?z] (reach ?z ?y)]]`))
	for _, c := range []struct {
		name, text string
		in         []queries.Input
		step       int
		index      string
	}{
		{"a value", `[:find ?e :where [?e :a/s "name7"]]`, nil, 0, "look up in AVET"},
		{"a star", `[:find ?e ?n :where [?e :a/s "name7"] [?e :a/n ?n]]`, nil, 1, "look up in AEVT"},
		{"two values", `[:find ?e :where [?e :a/s "name7"] [?e :a/k :y]]`, nil, 0, "where all meet"},
		{"a filter", `[:find ?a ?b :where [?a :a/r ?b] [?b :a/r ?a]]`, nil, 1, "filter by"},
		{"a range", `[:find ?e :where [?e :a/n ?n] [(< ?n 3)]]`, nil, 0, "range of AVET"},
		{"all", `[:find ?e ?n :where [?e :a/n ?n]]`, nil, 0, "scan of AEVT"},
		{"a triangle", `[:find ?a ?b ?c :where [?a :a/r ?b] [?b :a/r ?c] [?a :a/r ?c]]`, nil, 1, "where all meet"},
		{"a closure", `[:find ?y :in $ % :where (reach 1 ?y)]`, []queries.Input{reach}, 0, "walked from 1"},
		{"a closure backwards", `[:find ?x :in $ % :where (reach ?x 1)]`, []queries.Input{reach}, 0, "walked from 1"},
	} {
		r, all := steps(t, c.text, c.in...)
		if len(all) <= c.step || !strings.HasPrefix(all[c.step].Index, c.index) {
			t.Errorf("%s: step %d is not %q:\n%v", c.name, c.step, c.index, r.Stats.Plan)
		}
	}
}

// What is only counted is not made: the second step of a path has no row for each path.
func TestCountsAreWeighed(t *testing.T) {
	r, all := steps(t, `[:find (count ?a) . :with ?b ?c :where [?a :a/r ?b] [?b :a/r ?c]]`)
	paths := r.Value().Int()
	if last := all[len(all)-1]; paths < 30000 || last.Out > 12000 {
		t.Errorf("%d paths were counted with %d rows:\n%v", paths, last.Out, r.Stats.Plan)
	}
}

// The plan does not depend on the order of the clauses.
func TestPlansOfAnyOrder(t *testing.T) {
	clauses := []string{`[?e :a/s "name7"]`, `[?e :a/n ?n]`, `[?e :a/r ?f]`, `[?f :a/k :x]`, `[?f :a/n ?m]`, `[(< ?m 50)]`}
	r := rand.New(rand.NewPCG(2, 2))
	want := ""
	for range 10 {
		r.Shuffle(len(clauses), func(i, j int) { clauses[i], clauses[j] = clauses[j], clauses[i] })
		_, all := steps(t, "[:find ?e ?f ?n ?m :where "+strings.Join(clauses, " ")+"]")
		got := ""
		for _, s := range all {
			got += s.Clause + " " + s.Index + "\n"
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("two orders, two plans:\n%s\n%s", want, got)
		}
	}
}

// A question about one entity reads a few blocks of a store that was just opened, and the plan says how many.
func TestBlocksOfAPointQuery(t *testing.T) {
	store, db := town()
	cold, err := engine.Open(t.Context(), store, db.Commit())
	if err != nil {
		t.Fatal(err)
	}
	q, err := queries.Parse(`[:find ?n ?s :where [?e :a/u "u777"] [?e :a/n ?n] [?e :a/s ?s]]`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(t.Context(), q, []queries.Input{queries.DB(cold)}, queries.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var blocks, bytes int64
	for _, s := range r.Stats.Plan.Steps() {
		blocks, bytes = blocks+s.Blocks, bytes+s.Bytes
	}
	if r.Len() != 1 || blocks == 0 || blocks > 8 || bytes < 1000*blocks {
		t.Errorf("%d rows from %d blocks of %d bytes:\n%v", r.Len(), blocks, bytes, r.Stats.Plan)
	}
}

// Two databases of different stores are planned as one: the selective one comes first, wherever it stands.
func TestSourcesArePlannedTogether(t *testing.T) {
	_, db := town()
	other := newDB(t, engine.Options{}, testSchema, `[{:db/id 5 :a/u "u5" :a/s "five"} {:db/id 6 :a/u "u6"}]`)
	q, err := queries.Parse(`[:find ?n :in $ $b :where [$ ?e :a/u ?u] [$ ?e :a/n ?n] [$b ?f :a/u ?u] [$b ?f :a/s "five"]]`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.RunAfresh(t.Context(), q, []queries.Input{queries.DB(db), queries.DB(other)}, queries.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	all := r.Stats.Plan.Steps()
	if r.Len() != 1 || r.Cell(0, 0).Int() != 5 || !strings.HasPrefix(all[0].Clause, "[$b ") || all[len(all)-1].Out != 1 {
		t.Errorf("%v\n%v", r.Value(), r.Stats.Plan)
	}
	for _, s := range all {
		if s.Out > 2 {
			t.Errorf("%s gives %d rows, though one is selected", s.Clause, s.Out)
		}
	}
}

// A rule that calls itself is not derived in full where a pattern tells what to ask it for.
func TestRulesAreAskedForWhatIsKnown(t *testing.T) {
	var chain strings.Builder
	for e := 1; e <= 100; e++ {
		fmt.Fprintf(&chain, "{:db/id %d :a/n 1000 :a/r %d}", e, e+1)
	}
	db := newDB(t, engine.Options{}, testSchema, "["+chain.String()+"]")
	q, err := queries.Parse(`[:find ?c ?a :in $ % :where [?c :a/n ?a] (p ?c ?a)]`)
	if err != nil {
		t.Fatal(err)
	}
	rules := queries.Value(parse(`[[(p ?x ?y) [?x :a/r ?y]] [(p ?x ?y) (p ?x ?z) (p ?z ?y)] [(p ?x ?y) (p ?y ?x)]]`))
	r, err := queries.RunAfresh(t.Context(), q, []queries.Input{queries.DB(db), rules}, queries.Limits{Rows: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if all := r.Stats.Plan.Steps(); r.Len() != 0 || all[0].Clause != "[?c :a/n ?a]" {
		t.Errorf("%d rows:\n%v", r.Len(), r.Stats.Plan)
	}
}
