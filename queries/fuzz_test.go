package queries_test

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// seeds have something of every form of the language.
var seeds = []string{
	"[:find ?e ?n :where [?e :a/n ?n] [(< ?n 3)]]",
	"[:find (count ?e) (max 2 ?n) :with ?n :having [(> (count ?e) 1)] :order-by 0 :desc :in $ ?x [?y ...] [[?n _]] % :where (not [?e :a/k :x])]",
	`{:find [?e .] :where [(or-join [[?e] ?x] (and [?e :a/r ?x] [(str ?x "a") ?s]) ($b r ?e ?x))] :in [$ $b %]}`,
	`{:query [:find [?a ?b] :keys x y :where [[:a/u "u1"] ?a ?b ?t true]] :args [1] :sources {$ "main"} :limit 1 :offset 2 :timeout 3}`,
	"'[:find (pull ?e p) :in $ p :where (or [?e :a/n ?x] [?e :a/s]) [(q '[:find ?y . :in $ %] $ [[(r ?a) [?a]]]) ?x] [(.contains ^String ?s #\"a\\d\") ?t]]",
	"[:find (pull ?e [* {(:a/r :as :x :limit 1) [:a/n]} {:a/_r 3} (default :a/s 1)]) :where [?e :a/n] [(q [:find ?x . :where [?x :a/n _]] $) ?y] ((complement =) ?e 1)]",
	"[:find ?x :where [(ground [[1 2] [3 4]]) [[?x _]]] [(get-else $ ?x :a/n 0) ?y] [(missing? $ ?x :a/s)] (not-join [?x] [?x :a/o ?z])]",
}

// The parser takes or refuses every text, with a code.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := queries.Parse(text); err != nil && code(err) == "" {
			t.Errorf("%q: the error has no code: %v", text, err)
		}
	})
}

// Whatever parses gives the same from both evaluators.
func FuzzRun(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "[[(r ?x ?y) [?x :a/r ?y]] [(r ?x ?y) [?x :a/r ?z] (r ?z ?y)]]")
	}
	db := newDB(f, engine.Options{}, testSchema, `[
	 {:db/id 1 :a/u "u1" :a/n 1 :a/r [2 3] :a/k [:x :y]} {:db/id 2 :a/n 2 :a/m [1 2] :a/o 3} {:db/id 3 :a/s "x" :a/d 1.0 :a/r 1}]`,
		"[[:db/retract 1 :a/n 1] [:db/add 2 :a/n 5]]")
	f.Fuzz(func(t *testing.T, text, rules string) {
		q, err := queries.Parse(text)
		if err != nil {
			return
		}
		source := func(name, _ string) (queries.Input, error) {
			if name == "$b" {
				return queries.DB(db.History()), nil
			}
			return queries.DB(db), nil
		}
		args := parse(`[1 [1 2] [[1 2] [3 4]]]`).Items()
		var given []queries.Input
		for _, in := range q.In() {
			input, _ := source(in, "")
			switch {
			case in == "%":
				input = queries.Value(edn.MakeString(rules))
			case in[0] != '$' && len(args) > 0:
				input, args = queries.Value(args[0]), args[1:]
			}
			given = append(given, input)
		}
		limits := queries.Limits{Rows: 2000, Timeout: 2 * time.Second}
		want, got := replyTo(queries.RunNaive, text, given, limits), replyTo(queries.Run, text, given, limits)
		if !random(text) && !got.same(want) && !byOrder(got) && !byOrder(want) {
			t.Errorf("%s\n%s\ngot  %v\nwant %v", text, rules, got, want)
		}
	})
}

// Bytes decide what is made up: databases, queries, and what happens to them.
func FuzzAgainstOracle(f *testing.F) {
	for _, s := range []string{"", "a", "rules", "\x00\x01\x02\x03\x04\x05\x06\x07cycles", "\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		w := writer{rand.New(&byteSource{rest: bytes, then: rand.NewPCG(uint64(len(bytes)), 0)})}
		if fault := w.session(t, 20, &outcome{}); fault != "" {
			t.Error(fault)
		}
	})
}

// byteSource gives bytes as random numbers, and others when there are none left.
type byteSource struct {
	rest []byte
	then rand.Source
}

// Uint64 spends two bytes at a time: most choices are among few.
func (s *byteSource) Uint64() uint64 {
	if len(s.rest) < 2 {
		return s.then.Uint64()
	}
	n := uint64(binary.LittleEndian.Uint16(s.rest))
	s.rest = s.rest[2:]
	return n * 0x0001_0001_0001_0001
}

// dependent are the errors that depend on the order of clauses: which rows a function, a
// lookup or a query inside sees before other clauses drop them.
var dependent = map[string]bool{
	"query/value": true, "query/bad-input": true, "query/bind-arity": true, "query/lookup-missing": true, "query/lookup-not-unique": true,
	"query/unknown-attribute": true,
}

// byOrder tells replies that may be another when the clauses are in another order.
func byOrder(r reply) bool { return dependent[r.code()] || r.code() == "query/limit" }

// random tells queries that may give something else each time.
func random(text string) bool {
	return strings.Contains(text, "rand") || strings.Contains(text, "sample")
}
