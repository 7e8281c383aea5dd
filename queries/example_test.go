package queries_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// city is an entity of the examples.
type city struct {
	ID     engine.ID `dhfs:"db/id"`
	Name   string    `dhfs:"city/name"`
	People int       `dhfs:"city/people"`
	Twins  []string  `dhfs:"city/twin"`
}

// cities is a new database in memory with two transactions: two cities, then one of them grows.
func cities(ctx context.Context) *engine.Conn {
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		panic(err)
	}
	for _, c := range [][]any{
		{city{Name: "Berlin", People: 3_800_000, Twins: []string{"Paris"}}, city{Name: "Bern", People: 134_000}},
		{city{ID: 2, People: 136_000, Name: "Bern"}},
	} {
		forms, err := queries.Forms(c...)
		if err != nil {
			panic(err)
		}
		if _, err := conn.Transact(ctx, forms, engine.Meta{}); err != nil {
			panic(err)
		}
	}
	return conn
}

// newest is the database value that everything so far has led to.
func newest(ctx context.Context, conn *engine.Conn) engine.DB {
	db, err := conn.DB(ctx)
	if err != nil {
		panic(err)
	}
	return db
}

// answerTo parses a query and runs it.
func answerTo(ctx context.Context, text string, args ...any) *queries.Result {
	q, err := queries.Parse(text)
	if err != nil {
		panic(err)
	}
	r, err := queries.Run(ctx, q, queries.Inputs(args...), queries.Limits{Timeout: time.Second})
	if err != nil {
		panic(err)
	}
	return r
}

// A database is made, written to and asked.
func Example() {
	ctx := context.Background()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{SchemaOnRead: true}, time.Now())
	if err != nil {
		panic(err)
	}
	facts, err := edn.Parse(`[{:city/name "Berlin" :city/people 3800000} {:city/name "Bern" :city/people 134000}]`)
	if err != nil {
		panic(err)
	}
	report, err := conn.Transact(ctx, facts.Items(), engine.Meta{Msg: "two cities"})
	if err != nil {
		panic(err)
	}
	q, err := queries.Parse("[:find ?name . :where [?c :city/name ?name] [?c :city/people ?n] [(> ?n 1000000)]]")
	if err != nil {
		panic(err)
	}
	r, err := queries.Run(ctx, q, queries.Inputs(report.After), queries.Limits{})
	if err != nil {
		panic(err)
	}
	name, _, err := queries.ScanOne[string](r)
	fmt.Println(name, err)
	// Output:
	// Berlin <nil>
}

func ExampleRun() {
	ctx := context.Background()
	db := newest(ctx, cities(ctx))
	q, err := queries.Parse("[:find ?name ?n :in $ ?least :where [?c :city/name ?name] [?c :city/people ?n] [(> ?n ?least)]]")
	if err != nil {
		panic(err)
	}
	r, err := queries.Run(ctx, q, queries.Inputs(db, 1_000_000), queries.Limits{Timeout: time.Second})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Len(), r.Columns)
	for row := range r.All() {
		fmt.Println(row[0].Text(), row[1].Int())
	}
	fmt.Println(r.Value())
	// Output:
	// 1 [?name ?n]
	// Berlin 3800000
	// #{["Berlin" 3800000]}
}

func ExampleScan() {
	ctx := context.Background()
	db := newest(ctx, cities(ctx))
	r := answerTo(ctx, "[:find ?name ?people :where [?c :city/name ?name] [?c :city/people ?people]]", db)
	type row struct {
		Name   string
		People int
	}
	for c, err := range queries.Scan[row](r) {
		if err != nil {
			panic(err)
		}
		fmt.Println(c.Name, c.People)
	}
	_, err := queries.ScanAll[struct {
		Name   string
		People int16
	}](r)
	fmt.Println(err)
	// Output:
	// Berlin 3800000
	// Bern 136000
	// row 0, column ?people as struct { Name string; People int16 }: 3800000 does not fit int16
}

// What is pulled becomes structs too.
func ExampleScan_pull() {
	ctx := context.Background()
	db := newest(ctx, cities(ctx))
	found, err := queries.ScanAll[city](answerTo(ctx, "[:find [(pull ?c [*]) ...] :where [?c :city/people]]", db))
	if err != nil {
		panic(err)
	}
	for _, c := range found {
		fmt.Println(c.ID, c.Name, c.Twins)
	}
	// Output:
	// 1 Berlin [Paris]
	// 2 Bern []
}

func ExampleScanOne() {
	ctx := context.Background()
	db := newest(ctx, cities(ctx))
	people, ok, err := queries.ScanOne[int](answerTo(ctx, "[:find (sum ?n) . :with ?c :where [?c :city/people ?n]]", db))
	fmt.Println(people, ok, err)
	_, ok, err = queries.ScanOne[string](answerTo(ctx, `[:find ?name . :where [?c :city/name ?name] [?c :city/twin "Rome"]]`, db))
	fmt.Println(ok, err)
	// Output:
	// 3936000 true <nil>
	// false <nil>
}

// One query asks a database as it is and as it was.
func ExampleInputs() {
	ctx := context.Background()
	now := newest(ctx, cities(ctx))
	before, err := now.AsOf(ctx, 1)
	if err != nil {
		panic(err)
	}
	r := answerTo(ctx, `[:find ?name ?was ?is :in $now $before [?name ...]
	                :where [$now ?c :city/name ?name] [$now ?c :city/people ?is]
	                       [$before ?c :city/people ?was] [(not= ?was ?is)]]`, now, before, []string{"Bern", "Berlin"})
	fmt.Println(r.Value())
	// Output:
	// #{["Bern" 134000 136000]}
}

// Rules are an input like others.
func ExampleValue() {
	ctx := context.Background()
	rules, err := edn.Parse(`[[(above ?x ?y) [?x ?y]] [(above ?x ?y) [?x ?z] (above ?z ?y)]]`)
	if err != nil {
		panic(err)
	}
	leads := [][]string{{"Ada", "Ben"}, {"Ben", "Cid"}}
	r := answerTo(ctx, "[:find [?y ...] :in $ % :where (above \"Ada\" ?y)]", queries.Value(leads), rules)
	names, err := queries.ScanAll[string](r)
	fmt.Println(names, err)
	// Output:
	// [Ben Cid] <nil>
}

func ExampleForms() {
	forms, err := queries.Forms(
		city{Name: "Rome", People: 2_800_000},
		[]any{queries.Keyword("db/add"), 1, queries.Keyword("city/twin"), "Rome"},
	)
	fmt.Println(forms, err)
	// Output:
	// [{:city/name "Rome", :city/people 2800000} [:db/add 1 :city/twin "Rome"]] <nil>
}

func ExamplePull() {
	ctx := context.Background()
	pattern, err := edn.Parse("[:city/name :city/twin]")
	if err != nil {
		panic(err)
	}
	v, err := queries.Pull(ctx, newest(ctx, cities(ctx)), pattern, edn.MakeInt(1))
	fmt.Println(v, err)
	// Output:
	// {:city/name "Berlin", :city/twin ["Paris"]} <nil>
}

func ExampleWrite() {
	ctx := context.Background()
	r := answerTo(ctx, "[:find ?name ?n :where [?c :city/name ?name] [?c :city/people ?n]]", newest(ctx, cities(ctx)))
	if err := queries.Write(os.Stdout, r, queries.Table); err != nil {
		panic(err)
	}
	if err := queries.Write(os.Stdout, r, queries.JSONL); err != nil {
		panic(err)
	}
	// Output:
	// name          n
	// ------  -------
	// Berlin  3800000
	// Bern     136000
	// {"name":"Berlin","n":3800000}
	// {"name":"Bern","n":136000}
}

func ExampleParse() {
	_, err := queries.Parse("[:find ?nmae :where [_ :city/name ?name]]")
	refused := err.(*queries.Error)
	fmt.Println(refused)
	fmt.Println(refused.Hint)
	// Output:
	// 1:8: ?nmae occurs neither in :where nor in :in (query/unknown-var)
	// did you mean ?name?
}

// A query that gets out of hand is stopped.
func ExampleLimits() {
	ctx := context.Background()
	q, err := queries.Parse("[:find ?x ?y :in [?x ...] [?y ...]]")
	if err != nil {
		panic(err)
	}
	numbers := make([]int, 100)
	for i := range numbers {
		numbers[i] = i
	}
	_, err = queries.Run(ctx, q, queries.Inputs(numbers, numbers), queries.Limits{Rows: 1000})
	var refused *queries.Error
	fmt.Println(errors.As(err, &refused), refused)
	// Output:
	// true the query needs more than 1000 rows at once (query/limit)
}
