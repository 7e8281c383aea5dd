package queries_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

func ExampleRun() {
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
	q, err := queries.Parse("[:find ?name ?n :in $ ?least :where [?c :city/name ?name] [?c :city/people ?n] [(> ?n ?least)]]")
	if err != nil {
		panic(err)
	}
	inputs := []queries.Input{queries.DB(report.After), queries.Value(edn.MakeInt(1000000))}
	r, err := queries.Run(ctx, q, inputs, queries.Limits{Timeout: time.Second})
	if err != nil {
		panic(err)
	}
	for row := range r.All() {
		fmt.Println(row[0].Text(), row[1].Int())
	}
	fmt.Println(r.Value())
	// Output:
	// Berlin 3800000
	// #{["Berlin" 3800000]}
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
