package engine

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// categories are the conformance suite's names of refusals.
var categories = map[string]string{
	codeCas: "cas-failed", codeUnique: "unique-conflict", codeUpsert: "unique-conflict", codeValue: "value-type", codeNil: "nil-value",
	codeAttribute: "unknown-attribute", codeMissing: "lookup-missing", codeLookupUnique: "lookup-not-unique",
}

// field is the value of a map's key.
func field(m edn.Value, key string) edn.Value {
	items := m.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Is(key) {
			return items[i+1]
		}
	}
	return edn.MakeNil()
}

// TestConformanceOfTransactions runs the cases about transactions; their queries
// are answered by trying all datoms for every clause.
func TestConformanceOfTransactions(t *testing.T) {
	data, err := os.ReadFile("../test/conformance/conformance.edn")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, text := range strings.Split(string(data), "\n {:id ") {
		if !strings.Contains(text, ":op :tx") {
			continue
		}
		n++
		c, err := edn.Parse("{:id " + strings.TrimRight(text, "]\n "))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(field(c, ":id").Text(), func(t *testing.T) { conformanceCase(t, c) })
	}
	if n != 19 {
		t.Errorf("%d cases, want 19", n)
	}
}

func conformanceCase(t *testing.T, c edn.Value) {
	w := newWorld(t, Options{SchemaOnRead: true})
	ctx := context.Background()
	txs := [][]edn.Value{declarations(field(c, ":schema"))}
	for _, tx := range field(c, ":txs").Items() {
		txs = append(txs, tx.Items())
	}
	for _, tx := range txs {
		r, err := w.db.With(ctx, tx, noon)
		if err != nil {
			checkCategory(t, err, field(c, ":expect-error"))
			return
		}
		w.db = r.After
	}
	if want := field(c, ":expect-error"); !want.IsNil() {
		t.Fatalf("nothing was refused, want %s", want)
	}
	got := answer(t, w, field(c, ":query").Items())
	if want := field(c, ":expect"); !edn.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func checkCategory(t *testing.T, err error, want edn.Value) {
	var e *TxError
	if !errors.As(err, &e) || !want.Is(":"+categories[e.Code]) {
		t.Fatalf("%v, want %s", err, want)
	}
}

// declarations turns a schema of DataScript's form into tx data.
func declarations(schema edn.Value) (forms []edn.Value) {
	items := schema.Items()
	for i := 0; i < len(items); i += 2 {
		pairs := append([]edn.Value{edn.MakeKeyword("db/ident"), items[i]}, items[i+1].Items()...)
		forms = append(forms, edn.MakeMap(pairs...))
	}
	return forms
}

// answer is the set of tuples that [:find ?x … :where [e a v t] …] has.
func answer(t *testing.T, w *world, query []edn.Value) edn.Value {
	where := slices.IndexFunc(query, func(v edn.Value) bool { return v.Is(":where") })
	rows := []map[string]edn.Value{{}}
	for _, clause := range query[where+1:] {
		var next []map[string]edn.Value
		for d, err := range w.db.Match(context.Background(), Pattern{}) {
			if err != nil {
				t.Fatal(err)
			}
			if a, _ := w.db.Schema().ByID(d.A); !isSystem(d.A) {
				tuple := []edn.Value{edn.MakeInt(int64(d.E)), edn.MakeKeyword(a.Ident), ToEDN(d.V), edn.MakeInt(int64(d.T))}
				for _, row := range rows {
					if bound, ok := unify(w, row, clause.Items(), tuple); ok {
						next = append(next, bound)
					}
				}
			}
		}
		rows = next
	}
	var found []edn.Value
	for _, row := range rows {
		var out []edn.Value
		for _, v := range query[1:where] {
			out = append(out, row[v.Text()])
		}
		if tuple := edn.MakeVector(out...); !slices.ContainsFunc(found, func(v edn.Value) bool { return edn.Equal(v, tuple) }) {
			found = append(found, tuple)
		}
	}
	return edn.MakeSet(found...)
}

// unify binds the variables of a clause to a datom; idents among the constants mean their entities.
func unify(w *world, row map[string]edn.Value, clause, tuple []edn.Value) (map[string]edn.Value, bool) {
	out := map[string]edn.Value{}
	for k, v := range row {
		out[k] = v
	}
	for i, term := range clause {
		if term.Is("_") {
			continue
		}
		want, bound := term, term.Kind() != edn.Symbol
		if !bound {
			want, bound = out[term.Text()]
		} else if id, ok, _ := w.db.Ident(context.Background(), term.Text()); ok && term.Kind() == edn.Keyword && i != 1 {
			want = edn.MakeInt(int64(id))
		}
		if bound && !edn.Equal(want, tuple[i]) {
			return nil, false
		}
		out[term.Text()] = tuple[i]
	}
	return out, true
}
