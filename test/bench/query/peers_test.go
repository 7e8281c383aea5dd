package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
)

// five is people who follow each other: 1 → 2 → 3 → 1, 3 → 4, and 5 follows nobody.
func five() *workload {
	const name, age, sex, follows, alias = 0, 1, 2, 3, 4
	return &workload{
		name: "five",
		attrs: []attr{
			{name: "person/name", kind: "string", unique: true},
			{name: "person/age", kind: "long"},
			{name: "sex", kind: "keyword"},
			{name: "follows", kind: "ref", many: true},
			{name: "alias", kind: "string", many: true},
		},
		entities: []entity{
			{1, []fact{{name, "Ivan"}, {age, int64(15)}, {sex, "male"}, {follows, int64(2)}}},
			{2, []fact{{name, `Petr "P\"`}, {age, int64(37)}, {sex, "male"}, {follows, int64(3)}}},
			{3, []fact{{name, "Zoë"}, {age, int64(37)}, {sex, "female"}, {follows, int64(4)}, {follows, int64(1)}}},
			{4, []fact{{name, "Olga"}, {age, int64(15)}, {sex, "female"}, {alias, "O"}, {alias, "Olya"}}},
			{5, []fact{{name, "Nobody"}, {alias, "O"}}},
		},
	}
}

const followRules = `[[(far ?x ?y) [?x :follows ?y]] [(far ?x ?y) [?x :follows ?z] (far ?z ?y)]]`

// questions are asked of five; want is the rows in order.
var questions = []struct {
	query
	want []string
}{
	{query{"join", `[:find ?n ?m :where [?a :person/name ?n] [?a :follows ?b] [?b :person/name ?m]]`, []string{":db"}},
		[]string{`["Ivan" "Petr \"P\\\""]`, `["Petr \"P\\\"" "Zoë"]`, `["Zoë" "Ivan"]`, `["Zoë" "Olga"]`}},
	{query{"aggregate", `[:find ?s (count ?e) (sum ?a) (min ?a) :where [?e :sex ?s] [?e :person/age ?a]]`,
		[]string{":db"}},
		[]string{`[:female 2 52 15]`, `[:male 2 52 15]`}},
	{query{"distinct", `[:find (sum ?a) . :where [?e :person/age ?a]]`, []string{":db"}}, []string{`[52]`}},
	{query{"with", `[:find (sum ?a) . :with ?e :where [?e :person/age ?a]]`, []string{":db"}}, []string{`[104]`}},
	{query{"nothing", `[:find (count ?e) . :where [?e :person/age 99]]`, []string{":db"}}, nil},
	{query{"not", `[:find [?e ...] :where [?e :person/name _] (not [?e :sex :male])]`, []string{":db"}},
		[]string{`[3]`, `[4]`, `[5]`}},
	{query{"not-many", `[:find ?e :where [?e :person/age _] (not [?e :follows ?f] [?f :sex :male])]`, []string{":db"}},
		[]string{`[2]`, `[4]`}},
	{query{"or", `[:find ?e :where [?e :person/name _] (or [?e :person/age 37] [?e :alias "O"])]`, []string{":db"}},
		[]string{`[2]`, `[3]`, `[4]`, `[5]`}},
	{query{"input", `[:find ?e ?a :in $ ?s ?old :where [?e :sex ?s] [?e :person/age ?a] [(> ?a ?old)]]`,
		[]string{":db", ":female", "20"}}, []string{`[3 37]`}},
	{query{"closure", `[:find ?x ?y :in $ % :where (far ?x ?y)]`, []string{":db", followRules}}, []string{
		"[1 1]", "[1 2]", "[1 3]", "[1 4]", "[2 1]", "[2 2]", "[2 3]", "[2 4]", "[3 1]", "[3 2]", "[3 3]", "[3 4]"}},
	{query{"reach", `[:find ?y :in $ % :where (far 2 ?y)]`, []string{":db", followRules}},
		[]string{"[1]", "[2]", "[3]", "[4]"}},
	{query{"reached", `[:find ?n :in $ % ?y :where (far ?x ?y) [?x :person/name ?n] [?x :sex :male]]`,
		[]string{":db", followRules, "4"}}, []string{`["Ivan"]`, `["Petr \"P\\\""]`}},
}

func TestSQLiteTables(t *testing.T) { ask(t, newSQLiteTables()) }

func TestSQLiteEAV(t *testing.T) { ask(t, newSQLiteEAV()) }

func TestDataScript(t *testing.T) {
	install(t)
	ask(t, newDataScript("."))
}

// TestDataScriptTimed also ends the process amid a query, after which it must start again.
func TestDataScriptTimed(t *testing.T) {
	install(t)
	d := newDataScript(".")
	t.Cleanup(d.close)
	if err := d.load(t.Context(), five()); err != nil {
		t.Fatal(err)
	}
	join := questions[0].query
	median, n, err := d.timed(t.Context(), join, 10*time.Millisecond)
	if err != nil || median <= 0 || n < 1 {
		t.Fatalf("%v of %d runs, %v", median, n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := d.timed(ctx, join, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v instead of the end of the time", err)
	}
	p, err := d.prepare(t.Context(), join)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.count(t.Context()); n != 4 || err != nil {
		t.Fatalf("%d rows and %v of a new process", n, err)
	}
}

// install has npm fetch DataScript if nobody did.
func install(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("node_modules", "datascript")); err == nil {
		return
	}
	if out, err := exec.Command("npm", "ci").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// ask compares the answers of an engine with the rows wanted.
func ask(t *testing.T, e engine) {
	t.Helper()
	t.Cleanup(e.close)
	if err := e.load(t.Context(), five()); err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		t.Run(q.id, func(t *testing.T) {
			p, err := e.prepare(t.Context(), q.query)
			if err != nil {
				t.Fatal(err)
			}
			n, err := p.count(t.Context())
			if err != nil || n != len(q.want) {
				t.Errorf("%d rows, %v; want %d", n, err, len(q.want))
			}
			rows, err := p.rows(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(rows)
			if !slices.Equal(rows, q.want) {
				t.Errorf("%v\nwant %v", rows, q.want)
			}
		})
	}
}

func TestUntranslatable(t *testing.T) {
	db := []string{":db"}
	for reason, q := range map[string]query{
		"a tuple is found":           {text: `[:find [?a ?b] :where [?a :follows ?b]]`, args: db},
		"pattern [?e ?a 1]":          {text: `[:find ?e :where [?e ?a 1]]`, args: db},
		"attribute :none is unknown": {text: `[:find ?e :where [?e :none 1]]`, args: db},
		"function (inc ?a)":          {text: `[:find ?b :where [?e :person/age ?a] [(inc ?a) ?b]]`, args: db},
		"predicate (odd? ?a)":        {text: `[:find ?e :where [?e :person/age ?a] [(odd? ?a)]]`, args: db},
		"aggregate avg":              {text: `[:find (avg ?a) :where [?e :person/age ?a]]`, args: db},
		"an or that binds variables": {text: `[:find ?e :where (or [?e :person/age 1] [?e :sex :male])]`, args: db},
		"?x is bound by no pattern":  {text: `[:find ?x :where [?e :person/age 1]]`, args: db},
		"rule far is not the closure of an attribute": {
			text: `[:find ?x :in $ % :where (far ?x ?y)]`, args: []string{":db", `[[(far ?x ?y) [?x :follows ?y]]]`}},
	} {
		_, err := translate(q, newTables(five()).sources())
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: error %v; want %s", q.text, err, reason)
		}
	}
}

func TestReadClosure(t *testing.T) {
	for text, want := range map[string]bool{
		`[[(r ?a ?b) [?a :f ?b]] [(r ?x ?y) [?x :f ?z] (r ?z ?y)]]`:  true,
		`[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) (r ?x ?z) [?z :f ?y]]]`:  true,
		`[[(r ?x ?y) (r ?z ?y) [?x :f ?z]] [(r ?x ?y) [?x :f ?y]]]`:  true,
		`[[(r ?x ?y) [?y :f ?x]] [(r ?x ?y) [?y :f ?z] (r ?x ?z)]]`:  true,
		`[[(r ?x ?y) [?y :f ?x]] [(r ?x ?y) [?x :f ?z] (r ?z ?y)]]`:  false,
		`[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) (r ?x ?z) (r ?z ?y)]]`:   false,
		`[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) [?x :f ?z] [?z :f ?y]]]`: false,
		`[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) [?x :g ?z] (r ?z ?y)]]`:  false,
		`[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) [?x :f ?z] (r ?y ?z)]]`:  false,
	} {
		rules, err := edn.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = readClosures(rules)
		if (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
