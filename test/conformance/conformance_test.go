package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

func TestConformance(t *testing.T) {
	runFile(t, "conformance.edn", failing)
	if name := os.Getenv("DHFS_CONFORMANCE"); name != "" {
		t.Run("DHFS_CONFORMANCE", func(t *testing.T) { runFile(t, name, nil) })
	}
}

// runFile runs all cases of a file. Those that are known to fail must still fail.
func runFile(t *testing.T, name string, known map[string]string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := readCases(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	passed := 0
	for _, c := range cases {
		fault := runCase(t.Context(), c)
		why, expected := known[c.id]
		switch {
		case fault == nil && expected:
			t.Errorf("%s passes, and is on the list of those that fail because %s", c.id, why)
		case fault == nil:
			passed++
		case expected:
			t.Logf("%s fails, as is known: %s", c.id, why)
		default:
			t.Errorf("%s: %v", c.id, fault)
		}
	}
	t.Logf("%s: %d of %d cases pass", name, passed, len(cases))
}

// runCase runs one case through both evaluators.
func runCase(ctx context.Context, c *testCase) error {
	for _, e := range []struct {
		name string
		run  func(context.Context, *queries.Query, []queries.Input, queries.Limits) (*queries.Result, error)
	}{{"Run", queries.Run}, {"RunNaive", queries.RunNaive}} {
		got, err := answer(ctx, c, e.run)
		if err := judge(c, got, err); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

type evaluator func(context.Context, *queries.Query, []queries.Input, queries.Limits) (*queries.Result, error)

// answer is what the case's query or pull gives.
func answer(ctx context.Context, c *testCase, run evaluator) (edn.Value, error) {
	for _, err := range c.bad {
		return edn.Value{}, err
	}
	d, err := open(ctx, c)
	if err != nil {
		return edn.Value{}, err
	}
	args := []edn.Value{edn.MakeKeyword("db")}
	if c.has("args") {
		args = c.part("args").Items()
	}
	if c.has("pattern") {
		db, _, err := d.view(ctx, args[0])
		if err != nil {
			return edn.Value{}, err
		}
		return queries.Pull(ctx, db, c.part("pattern"), args[1])
	}
	q, err := queries.ParseForm(withOptions(c))
	if err != nil {
		return edn.Value{}, err
	}
	inputs, err := d.inputs(ctx, args)
	if err != nil {
		return edn.Value{}, err
	}
	r, err := run(ctx, q, inputs, queries.Limits{})
	if err != nil {
		return edn.Value{}, err
	}
	if onlyUsers[c.id] {
		return usersRows(r), nil
	}
	return r.Value(), nil
}

func (d database) inputs(ctx context.Context, args []edn.Value) ([]queries.Input, error) {
	var inputs []queries.Input
	for _, arg := range args {
		db, ok, err := d.view(ctx, arg)
		switch {
		case err != nil:
			return nil, err
		case ok:
			inputs = append(inputs, queries.DB(db))
		default:
			inputs = append(inputs, queries.Value(arg))
		}
	}
	return inputs, nil
}

// withOptions is the query, as an argument map with the options that a case's note holds.
func withOptions(c *testCase) edn.Value {
	_, options, ok := strings.Cut(c.part("note").Text(), "options {")
	if !ok {
		return c.part("query")
	}
	m, err := edn.Parse(split("{" + options)[0])
	if err != nil {
		return edn.MakeNil()
	}
	return edn.MakeMap(append([]edn.Value{edn.MakeKeyword("query"), c.part("query")}, m.Items()...)...)
}

// usersRows leaves out the rows about transactions and attributes.
func usersRows(r *queries.Result) edn.Value {
	var rows []edn.Value
	for row := range r.All() {
		if row[0].Int() < 1<<42 {
			rows = append(rows, edn.MakeVector(row...))
		}
	}
	return edn.MakeSet(rows...)
}

// judge compares an answer with what the case expects.
func judge(c *testCase, got edn.Value, err error) error {
	want, expectError := c.part("expect"), c.part("expect-error").Text()
	if d, ok := decided[c.id]; ok {
		expectError = ""
		var parseErr error
		if want, parseErr = edn.Parse(d.expect); parseErr != nil {
			return parseErr
		}
	}
	switch {
	case err != nil && expectError == "":
		return err
	case err == nil && expectError != "":
		return fmt.Errorf("got %v, want an error %s", got, expectError)
	case err != nil:
		if code := category(err); code != expectError {
			return fmt.Errorf("got an error %s (%w), want %s", code, err, expectError)
		}
		return nil
	case !agrees(got, want, c.tagged("order") || c.has("pattern")):
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

// txCategories are the categories of the errors of transactions.
var txCategories = map[string]string{
	"transact/cas": "cas-failed", "transact/unique": "unique-conflict", "transact/value": "value-type",
	"transact/attribute": "unknown-attribute", "transact/nil": "nil-value",
	"entity-id/missing": "lookup-missing", "lookup-ref/unique": "lookup-not-unique",
}

// category is the conformance suite's name for an error.
func category(err error) string {
	var q *queries.Error
	var tx *engine.TxError
	var text *edn.Error
	switch {
	case errors.As(err, &q):
		return strings.TrimPrefix(q.Code, "query/")
	case errors.As(err, &tx):
		return txCategories[tx.Code]
	case errors.As(err, &text):
		return "bad-pattern" // the only cases that are no EDN are pull patterns
	}
	return ""
}
