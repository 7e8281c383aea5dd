// Package real asks a real database real questions and expects what SQLite answers.
//
// testdata/questions has each question twice, as Datalog and as SQL; testdata/answers.py
// asks SQLite and keeps the rows in testdata/answers.
package real

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/ingest"
	"github.com/dhfs/dhfs/queries"
)

// files of the sample, in an order in which what is referred to comes first.
var files = []struct {
	name    string
	options ingest.Options
}{
	{"categories", ingest.Options{Kind: "category"}},
	{"suppliers", ingest.Options{Kind: "supplier", Mend: true}},
	{"products", ingest.Options{Kind: "product", Refs: []string{"supplierID=supplier", "categoryID=category"}}},
	{"employees", ingest.Options{Kind: "employee", Refs: []string{"reportsTo=employee"}}},
	{"customers", ingest.Options{Kind: "customer"}},
	{"orders", ingest.Options{Kind: "order", Mend: true, Refs: []string{"customerID=customer", "employeeID=employee"}}},
	{"order-details", ingest.Options{Kind: "line", Refs: []string{"orderID=order", "productID=product"}}},
}

// TestNorthwind asks every question of the files as they are, again after some changes, and again of
// the changed database as of then.
func TestNorthwind(t *testing.T) {
	ctx := context.Background()
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	then := northwind(t, conn)
	now := change(t, conn)
	asOf, err := now.AsOf(ctx, then.T())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range questions(t) {
		t.Run(name, func(t *testing.T) {
			before, after := answer(t, name), answer(t, name+".after")
			compare(t, "then", ask(t, name, then, then), before)
			compare(t, "now", ask(t, name, now, then), after)
			compare(t, "as of then", ask(t, name, asOf, asOf), before)
		})
	}
}

// TestNorthwindTwice imports everything a second time, which adds nothing.
func TestNorthwindTwice(t *testing.T) {
	conn, err := engine.Create(context.Background(), cas.NewMemory(), "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	once := northwind(t, conn)
	if twice := northwind(t, conn); twice.Commit() != once.Commit() {
		t.Errorf("the second import made commit %s at t %d, after %s at t %d", twice.Commit(), twice.T(), once.Commit(), once.T())
	}
}

// northwind imports the files and returns what they make.
func northwind(t *testing.T, conn *engine.Conn) engine.DB {
	t.Helper()
	ctx := context.Background()
	db, err := conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text := read(t, "../data/northwind", f.name+".csv")
		o := f.options
		o.Name, o.Schema = f.name+".csv", db.Schema()
		source, err := ingest.Open(ctx, strings.NewReader(text), o)
		if err != nil {
			t.Fatal(err)
		}
		done, err := ingest.Load(ctx, conn, db, source, engine.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		db = done.DB
	}
	return db
}

// change commits the transaction of changes.edn.
func change(t *testing.T, conn *engine.Conn) engine.DB {
	t.Helper()
	forms, err := edn.ParseAll(read(t, "testdata", "changes.edn"))
	if err != nil {
		t.Fatal(err)
	}
	report, err := conn.Transact(context.Background(), forms[0].Items(), engine.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	return report.After
}

// questions are the names of the files in testdata/questions.
func questions(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/questions/*.dl")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no questions: %v", err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".dl"))
	}
	return names
}

// ask puts the question to db, and to then where it names $then.
func ask(t *testing.T, name string, db, then engine.DB) [][]edn.Value {
	t.Helper()
	q, err := queries.Parse(read(t, "testdata/questions", name+".dl"))
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := q.Bind(func(source, _ string) (queries.Input, error) {
		if source == "$then" {
			return queries.DB(then), nil
		}
		return queries.DB(db), nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := queries.Run(context.Background(), q, inputs, queries.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(r.All())
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
