package conformance

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// Queries of the documentation of Datomic, Datahike and DataScript run unchanged.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("docs.edn")
	if err != nil {
		t.Fatal(err)
	}
	for _, outer := range split(string(text)) {
		for _, form := range split(inside(outer)) {
			group := fields(form)
			t.Run(group["group"], func(t *testing.T) {
				d, err := build(t.Context(), group["txs"], engine.Options{SchemaOnRead: group["schema-flexibility"] == ":read"})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range split(inside(group["cases"])) {
					checkDoc(t, d, fields(c))
				}
			})
		}
	}
}

// fields are the texts of the values of a map, by the names of their keys.
func fields(form string) map[string]string {
	m := map[string]string{}
	items := split(inside(form))
	for i := 0; i+1 < len(items); i += 2 {
		m[items[i][1:]] = items[i+1]
	}
	return m
}

// build transacts what a group holds into an empty database.
func build(ctx context.Context, txs string, o engine.Options) (database, error) {
	conn, err := engine.Create(ctx, cas.NewMemory(), "main", o, time.Unix(1700000000, 0))
	if err != nil {
		return database{}, err
	}
	all, err := edn.Parse(txs)
	if err != nil {
		return database{}, err
	}
	db, err := conn.DB(ctx)
	d := database{db: db}
	for _, tx := range all.Items() {
		r, err := conn.Transact(ctx, tx.Items(), engine.Meta{})
		if err != nil {
			return d, err
		}
		d.db, d.ts = r.After, append(d.ts, r.After.T())
	}
	return d, err
}

// checkDoc runs a case: a pull once, a query with both evaluators.
func checkDoc(t *testing.T, d database, c map[string]string) {
	t.Helper()
	if pattern, ok := c["pattern"]; ok {
		got, err := pullDoc(t.Context(), d, pattern, c["entity"])
		compareDoc(t, pattern, c, got, err)
		return
	}
	for _, run := range []evaluator{queries.Run, queries.RunNaive} {
		got, err := queryDoc(t.Context(), d, c, run)
		compareDoc(t, c["query"], c, got, err)
	}
}

func pullDoc(ctx context.Context, d database, pattern, entity string) (edn.Value, error) {
	form, err := edn.ParseSource(pattern)
	if err != nil {
		return edn.Value{}, err
	}
	e, err := edn.Parse(entity)
	if err != nil {
		return edn.Value{}, err
	}
	return queries.Pull(ctx, d.db, form, e)
}

func queryDoc(ctx context.Context, d database, c map[string]string, run evaluator) (edn.Value, error) {
	q, err := parseDoc(c["query"])
	if err != nil {
		return edn.Value{}, err
	}
	inputs, err := d.docInputs(ctx, q, c["args"])
	if err != nil {
		return edn.Value{}, err
	}
	r, err := run(ctx, q, inputs, queries.Limits{})
	if err != nil {
		return edn.Value{}, err
	}
	return r.Value(), nil
}

// parseDoc parses a query, or the text of one.
func parseDoc(text string) (*queries.Query, error) {
	if text[0] != '"' {
		return queries.Parse(text)
	}
	v, err := edn.Parse(text)
	if err != nil {
		return nil, err
	}
	return queries.Parse(v.Text())
}

func (d database) docInputs(ctx context.Context, q *queries.Query, args string) ([]queries.Input, error) {
	if args == "" {
		return q.Bind(func(string, string) (queries.Input, error) { return queries.DB(d.db), nil }, nil)
	}
	v, err := edn.ParseSource(args)
	if err != nil {
		return nil, err
	}
	return d.inputs(ctx, v.Items())
}

func compareDoc(t *testing.T, text string, c map[string]string, got edn.Value, err error) {
	t.Helper()
	if want := c["expect-error"]; want != "" {
		if fmt.Sprintf("%q", category(err)) != want {
			t.Errorf("%s\n got %v, %v\nwant the error %s", text, got, err, want)
		}
		return
	}
	want, parseErr := edn.Parse(c["expect"])
	if parseErr != nil {
		t.Fatalf("%s: %v", text, parseErr)
	}
	_, isPull := c["pattern"]
	if err != nil || !agrees(got, want, isPull || c["tags"] == "[:order]") {
		t.Errorf("%s\n got %v, %v\nwant %v", text, got, err, want)
	}
}
