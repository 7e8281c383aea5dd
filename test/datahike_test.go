package test

import (
	"archive/zip"
	"context"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/datahike"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// The queries that Datahike answered on its own stores have the same answers here, of what holds, of the history, as of a transaction and since one.
func TestDatahikeQueries(t *testing.T) {
	ctx := context.Background()
	all, err := zip.OpenReader("../engine/datahike/testdata/stores.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	asked := 0
	for _, name := range []string{"small", "small-bf8", "crypto", "attrrefs", "nohist-read", "branches", "fused-bf8"} {
		files, err := fs.Sub(all, name)
		if err != nil {
			t.Fatal(err)
		}
		store, there := cas.NewMemory(), datahike.New(files, name)
		if _, err := datahike.Import(ctx, store, there, datahike.ImportOptions{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := fs.ReadFile(all, name+".edn.d/queries.edn")
		if err != nil {
			t.Fatal(err)
		}
		list, err := edn.Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range list.Items() {
			asked++
			askedOfDatahike(t, store, name, q, datahikeView)
			askedOfDatahike(t, store, name+" in place", q, func(t *testing.T, s cas.RefStore, on edn.Value) engine.DB {
				return viewInPlace(t, s, there, on)
			})
		}
	}
	if asked < 85 {
		t.Errorf("only %d queries", asked)
	}
}

func askedOfDatahike(t *testing.T, store cas.RefStore, name string, asked edn.Value, view func(*testing.T, cas.RefStore, edn.Value) engine.DB) {
	t.Helper()
	ctx := context.Background()
	of := func(key string) edn.Value {
		for i := 0; i+1 < len(asked.Items()); i += 2 {
			if asked.Items()[i].Is(":" + key) {
				return asked.Items()[i+1]
			}
		}
		return edn.MakeNil()
	}
	label := name + " " + of("name").Text()
	q, err := queries.ParseForm(of("query"))
	if err != nil {
		t.Errorf("%s: %v", label, err)
		return
	}
	db := view(t, store, of("on"))
	inputs, err := q.Bind(func(string, string) (queries.Input, error) { return queries.DB(db), nil }, of("inputs").Items())
	if err != nil {
		t.Errorf("%s: %v", label, err)
		return
	}
	r, err := queries.Run(ctx, q, inputs, queries.Limits{})
	if err != nil {
		t.Errorf("%s: %v", label, err)
		return
	}
	got, want := unordered(r.Value()), unordered(of("result"))
	if strings.HasPrefix(name, "nohist-read") { // dhfs tells of attributes that were only used, and of transactions, too
		var rows []edn.Value
		for _, row := range r.Value().Items() {
			if row.Items()[0].Int() < 100 {
				rows = append(rows, unordered(row))
			}
		}
		got = asSet(rows)
	}
	if !edn.Equal(got, want) {
		t.Errorf("%s: got  %s\nwant %s", label, got, want)
	}
}

// datahikeView is the database that Datahike was asked.
func datahikeView(t *testing.T, store cas.RefStore, on edn.Value) engine.DB {
	t.Helper()
	ctx := context.Background()
	branch := "main"
	if items := on.Items(); len(items) == 2 && items[0].Is(":branch") && !items[1].Is(":db") {
		branch = items[1].Text()
	}
	conn, err := engine.Connect(ctx, store, branch)
	if err != nil {
		t.Fatal(err)
	}
	db, err := conn.DB(ctx)
	if err != nil {
		t.Fatal(err)
	}
	items := on.Items()
	switch {
	case on.Is(":history"):
		db = db.History()
	case len(items) == 2 && items[0].Is(":as-of"):
		if db, err = db.AsOf(ctx, uint64(items[1].Int()-datahike.FirstTx)); err != nil {
			t.Fatal(err)
		}
	case len(items) == 2 && items[0].Is(":since"):
		db = db.Since(uint64(items[1].Int() - datahike.FirstTx))
	}
	return db
}

// viewInPlace is the same as it is read in place, but for a schema on read, and for what is older than a merge, which are not.
func viewInPlace(t *testing.T, store cas.RefStore, there *datahike.Store, on edn.Value) engine.DB {
	t.Helper()
	rev, items := "", on.Items()
	switch {
	case len(items) == 2 && items[0].Is(":branch") && !items[1].Is(":db"):
		rev = items[1].Text()
	case len(items) == 2 && items[0].Is(":as-of"):
		rev = "t" + strconv.FormatInt(items[1].Int()-datahike.FirstTx, 10)
	}
	c, ok, err := there.Resolve(context.Background(), rev)
	if err != nil {
		t.Fatalf("%s: %v", on, err)
	}
	if !ok { // behind a merge
		return datahikeView(t, store, on)
	}
	db, ok, err := c.DB(context.Background(), nil)
	switch {
	case err != nil:
		t.Fatal(err)
	case !ok:
		return datahikeView(t, store, on)
	case on.Is(":history"):
		return db.History()
	case len(items) == 2 && items[0].Is(":since"):
		return db.Since(uint64(items[1].Int() - datahike.FirstTx))
	}
	return db
}

// unordered makes two answers look the same that differ in the order of what has none, in the numbers of transactions, and in what
// the dump has for types of Java.
func unordered(v edn.Value) edn.Value {
	items := make([]edn.Value, len(v.Items()))
	for i, item := range v.Items() {
		items[i] = unordered(item)
	}
	switch v.Kind() {
	case edn.Tagged:
		if v.Text() == "float" {
			f, err := strconv.ParseFloat(items[0].Text(), 32)
			if err != nil {
				panic(err)
			}
			return edn.MakeFloat(f)
		}
		return items[0] // #set [...]
	case edn.Vector, edn.List, edn.Set:
		return asSet(items)
	case edn.String: // a map or set for a value is kept as text
		if form, err := edn.Parse(v.Text()); err == nil && (form.Kind() == edn.Map || form.Kind() == edn.Set) {
			return unordered(form)
		}
	case edn.Map:
		return edn.MakeMap(items...)
	case edn.Int:
		if tx, ok := engine.TxOf(engine.ID(v.Int())); ok {
			return edn.MakeInt(int64(tx) + datahike.FirstTx)
		}
	}
	return v
}

func asSet(items []edn.Value) edn.Value {
	var distinct []edn.Value
next:
	for _, item := range items {
		for _, other := range distinct {
			if edn.Equal(item, other) {
				continue next
			}
		}
		distinct = append(distinct, item)
	}
	return edn.MakeSet(distinct...)
}
