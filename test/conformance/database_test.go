package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// database is what a case's transactions made, and the number of each of them.
type database struct {
	db engine.DB
	ts []uint64
}

// typed are the types of the attributes in the cases that want a schema which is enforced.
var typed = map[string]string{
	"person/name": "string", "person/email": "string", "person/aka": "string", "person/age": "long", "person/kind": "keyword",
}

// open makes the database of a case.
func open(ctx context.Context, c *testCase) (database, error) {
	enforced := c.tagged("schema")
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", engine.Options{SchemaOnRead: !enforced}, time.Unix(1700000000, 0))
	if err != nil {
		return database{}, err
	}
	r, err := conn.Transact(ctx, schemaForms(c.part("schema"), enforced), engine.Meta{})
	if err != nil {
		return database{}, fmt.Errorf("schema: %w", err)
	}
	d := database{db: r.After}
	for _, tx := range c.part("txs").Items() {
		if r, err = conn.Transact(ctx, tx.Items(), engine.Meta{}); err != nil {
			return d, err
		}
		d.db = r.After
		d.ts = append(d.ts, r.After.T())
	}
	return d, nil
}

// schemaForms declares the attributes of a schema in DataScript's form.
func schemaForms(schema edn.Value, enforced bool) []edn.Value {
	k := edn.MakeKeyword
	var forms []edn.Value
	declared := map[string]bool{}
	declare := func(ident edn.Value, props []edn.Value) {
		pairs := []edn.Value{k("db/ident"), ident}
		given := map[string]bool{}
		for i := 0; i+1 < len(props); i += 2 {
			given[props[i].Text()] = true
			pairs = append(pairs, props[i], props[i+1])
		}
		if !given["db/cardinality"] {
			pairs = append(pairs, k("db/cardinality"), k("db.cardinality/one"))
		}
		if enforced && !given["db/valueType"] {
			pairs = append(pairs, k("db/valueType"), k("db.type/"+typed[ident.Text()]))
		}
		declared[ident.Text()] = true
		forms = append(forms, edn.MakeMap(pairs...))
	}
	for attrs := schema.Items(); len(attrs) > 1; attrs = attrs[2:] {
		declare(attrs[0], attrs[1].Items())
	}
	for _, name := range []string{"person/name", "person/age", "person/kind"} {
		if enforced && !declared[name] {
			declare(k(name), nil)
		}
	}
	return forms
}

// view is what an argument such as :db or (as-of :db :tx 1) stands for; ok is false for a plain value.
func (d database) view(ctx context.Context, arg edn.Value) (db engine.DB, ok bool, err error) {
	items := arg.Items()
	switch {
	case arg.Is(":db"):
		return d.db, true, nil
	case arg.Kind() != edn.List || len(items) < 2 || !items[1].Is(":db"):
		return db, false, nil
	case items[0].Is("history"):
		return d.db.History(), true, nil
	case len(items) == 4 && items[2].Is(":tx"):
		t := d.ts[items[3].Int()-1]
		if items[0].Is("since") {
			return d.db.Since(t), true, nil
		}
		db, err = d.db.AsOf(ctx, t)
		return db, true, err
	}
	return db, false, fmt.Errorf("what is %v?", arg)
}
