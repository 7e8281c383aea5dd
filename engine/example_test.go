package engine_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

const schema = `
{:db/ident :book/isbn :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
{:db/ident :book/copies :db/valueType :db.type/long :db/cardinality :db.cardinality/one}`

// open makes a database in memory that holds one book, of which copies came and went.
func open(ctx context.Context) *engine.Conn {
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{}, time.Now())
	if err != nil {
		panic(err)
	}
	for _, text := range []string{schema, `{:book/isbn "1" :book/copies 3}`, `{:book/isbn "1" :book/copies 2}`} {
		if _, err := conn.Transact(ctx, parse(text), engine.Meta{By: "ann"}); err != nil {
			panic(err)
		}
	}
	return conn
}

func parse(text string) []edn.Value {
	forms, err := edn.ParseAll(text)
	if err != nil {
		panic(err)
	}
	return forms
}

// show prints the copies that a database value has.
func show(ctx context.Context, db engine.DB) {
	copies, _ := db.Schema().ByIdent("book/copies")
	for d, err := range db.Match(ctx, engine.Pattern{A: engine.Some(copies.ID)}) {
		if err != nil {
			panic(err)
		}
		fmt.Println("t", d.T, engine.ToEDN(d.V), d.Added)
	}
}

func ExampleCreate() {
	ctx := context.Background()
	store := cas.NewMemory() // or any other cas.RefStore
	conn, err := engine.Create(ctx, store, "main", engine.Options{}, time.Now())
	if err != nil {
		panic(err)
	}
	db, err := conn.DB(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println("t", db.T())
	_, err = engine.Create(ctx, store, "main", engine.Options{}, time.Now())
	fmt.Println(errors.Is(err, cas.ErrConflict))
	// Output:
	// t 0
	// true
}

func ExampleConn_Transact() {
	ctx := context.Background()
	conn := open(ctx)
	report, err := conn.Transact(ctx, parse(`{:db/id "new" :book/isbn "2" :book/copies 1}`), engine.Meta{By: "ann", Msg: "another one"})
	if err != nil {
		panic(err)
	}
	fmt.Println("from t", report.Before.T(), "to t", report.After.T())
	fmt.Println("entity", report.Tempids["new"])
	fmt.Println(report.Commit.Added, "datoms added, that of the transaction's time among them")
	// Output:
	// from t 3 to t 4
	// entity 2
	// 3 datoms added, that of the transaction's time among them
}

// Tx data that is refused is told by code, place and often a hint; nothing is written then.
func ExampleTxError() {
	ctx := context.Background()
	_, err := open(ctx).Transact(ctx, parse("{:book/isbn \"1\"\n :book/copys 3}"), engine.Meta{})
	var refused *engine.TxError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Pos.Line, refused.Pos.Col)
		fmt.Println(refused.Hint)
	}
	// Output:
	// transact/attribute 2 2
	// did you mean :book/copies?
}

// What if: the database itself does not change.
func ExampleDB_With() {
	ctx := context.Background()
	db, err := open(ctx).DB(ctx)
	if err != nil {
		panic(err)
	}
	report, err := db.With(ctx, parse(`[:db/cas [:book/isbn "1"] :book/copies 2 9]`), time.Now())
	if err != nil {
		panic(err)
	}
	show(ctx, report.After)
	show(ctx, db)
	// Output:
	// t 4 9 true
	// t 3 2 true
}

func ExampleDB_AsOf() {
	ctx := context.Background()
	db, err := open(ctx).DB(ctx)
	if err != nil {
		panic(err)
	}
	before, err := db.AsOf(ctx, 2)
	if err != nil {
		panic(err)
	}
	show(ctx, before)
	// Output:
	// t 2 3 true
}

func ExampleDB_History() {
	ctx := context.Background()
	db, err := open(ctx).DB(ctx)
	if err != nil {
		panic(err)
	}
	show(ctx, db.History())
	// Output:
	// t 3 2 true
	// t 2 3 true
	// t 3 3 false
}

// A purge leaves nothing of a value, not even in the history; commits from before still have it.
func ExampleConn_Transact_purge() {
	ctx := context.Background()
	report, err := open(ctx).Transact(ctx, parse(`[:db/purge [:book/isbn "1"] :book/copies 3]`), engine.Meta{Msg: "a slip"})
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Commit.Purged, "datoms purged")
	show(ctx, report.After.History())
	// Output:
	// 2 datoms purged
	// t 3 2 true
}

func ExampleDiff() {
	ctx := context.Background()
	db, err := open(ctx).DB(ctx)
	if err != nil {
		panic(err)
	}
	before, err := db.AsOf(ctx, 2)
	if err != nil {
		panic(err)
	}
	for d, err := range engine.Diff(ctx, before, db) {
		if err != nil {
			panic(err)
		}
		if _, isTx := engine.TxOf(d.E); !isTx {
			fmt.Println(d.E, engine.ToEDN(d.V), d.Added)
		}
	}
	// Output:
	// 1 2 true
	// 1 3 false
}
