package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// noon is when the first transaction of a test is made; each takes a second.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// world is a database that a test transacts on in memory.
type world struct {
	t   reporter
	db  DB
	now time.Time
}

// reporter is a *testing.T, *testing.B or *rapid.T.
type reporter interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func newWorld(t reporter, o Options) *world {
	e := envOf(cas.NewMemory())
	schema := emptySchema(o)
	s := &state{env: e, opts: o, next: 1, schema: schema, ids: identitiesOf(schema), trees: emptyTrees(e.nodes)}
	return &world{t: t, db: DB{s: s}, now: noon}
}

// people is a schema for most tests.
const people = `
{:db/ident :person/email :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
{:db/ident :person/ssn :db/valueType :db.type/long :db/unique :db.unique/identity}
{:db/ident :person/badge :db/valueType :db.type/string :db/unique :db.unique/value}
{:db/ident :person/name :db/valueType :db.type/string}
{:db/ident :person/age :db/valueType :db.type/long}
{:db/ident :person/height :db/valueType :db.type/double}
{:db/ident :person/aka :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
{:db/ident :person/friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
{:db/ident :person/boss :db/valueType :db.type/ref}
{:db/ident :person/part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
{:db/ident :person/passport :db/valueType :db.type/ref :db/isComponent true}`

func newPeople(t reporter) *world {
	w := newWorld(t, Options{})
	w.ok(people)
	return w
}

func parseForms(t reporter, text string) []edn.Value {
	t.Helper()
	forms, err := edn.ParseAll(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return forms
}

func (w *world) try(text string) (Report, error) {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	r, err := w.db.With(context.Background(), parseForms(w.t, text), w.now)
	if err == nil {
		w.db = r.After
	}
	return r, err
}

func (w *world) ok(text string) Report {
	w.t.Helper()
	r, err := w.try(text)
	if err != nil {
		w.t.Fatalf("%s: %v", text, err)
	}
	return r
}

// fails expects a refusal with the code, whose message or hint contains all of words. Nothing may change.
func (w *world) fails(code, text string, words ...string) *TxError {
	w.t.Helper()
	before := w.db
	r, err := w.try(text)
	var refusal *TxError
	if !errors.As(err, &refusal) {
		w.t.Fatalf("%s: got %v and datoms %s, want a refusal %s", text, err, w.show(r.Datoms), code)
	}
	if refusal.Code != code {
		w.t.Fatalf("%s: got %v, want code %s", text, refusal, code)
	}
	for _, word := range words {
		if !strings.Contains(refusal.Msg+" — "+refusal.Hint, word) {
			w.t.Errorf("%s: %q (hint %q) does not contain %q", text, refusal.Msg, refusal.Hint, word)
		}
	}
	if w.db != before {
		w.t.Errorf("%s: the database changed", text)
	}
	return refusal
}

// show is datoms as lines of "+1 :person/name "Ada"" without those of the transaction's own time.
func (w *world) show(ds []Datom) string {
	var lines []string
	for _, d := range ds {
		if d.A == attrTxInstant {
			continue
		}
		sign := "-"
		if d.Added {
			sign = "+"
		}
		lines = append(lines, sign+w.line(d))
	}
	return strings.Join(lines, "\n")
}

func (w *world) line(d Datom) string {
	a, ok := w.db.Schema().ByID(d.A)
	if !ok {
		w.t.Fatalf("datom of the unknown attribute %d", d.A)
	}
	return edn.MakeInt(int64(d.E)).String() + " :" + a.Ident + " " + ToEDN(d.V).String()
}

// does expects a transaction to make exactly these changes, besides its :db/txInstant.
func (w *world) does(text string, want ...string) Report {
	w.t.Helper()
	r := w.ok(text)
	got := w.show(r.Datoms)
	if want := strings.Join(want, "\n"); got != want {
		w.t.Fatalf("%s\ngot:\n%s\nwant:\n%s", text, got, want)
	}
	return r
}

// has expects the entity to have exactly these datoms.
func (w *world) has(e ID, want ...string) {
	w.t.Helper()
	var got []string
	for d, err := range w.db.Match(context.Background(), Pattern{E: Some(e)}) {
		if err != nil {
			w.t.Fatal(err)
		}
		a, _ := w.db.Schema().ByID(d.A)
		got = append(got, ":"+a.Ident+" "+ToEDN(d.V).String())
	}
	if !slices.Equal(got, want) {
		w.t.Fatalf("entity %d has\n%s\nwant\n%s", e, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (w *world) tempid(r Report, name string) ID {
	w.t.Helper()
	id, ok := r.Tempids[name]
	if !ok || id == 0 {
		w.t.Fatalf("no tempid %s in %v", name, r.Tempids)
	}
	return id
}

// sorted is all lines in order.
func sorted(texts ...string) string {
	lines := strings.Split(strings.Join(texts, "\n"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
