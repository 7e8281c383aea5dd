package queries_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// A query that takes too long, in whatever it is then, is stopped soon after its time is up.
// How soon on an idle machine is what BenchmarkStop measures.
func TestStopsInTime(t *testing.T) {
	ring := ringDB(t, 3000)
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			for _, timeout := range []time.Duration{time.Millisecond, 100 * time.Millisecond} {
				late, err := c.overshoot(ring, timeout)
				if code(err) != "query/limit" {
					t.Errorf("after %v: got the error %v, want one of query/limit", timeout, err)
				}
				if late > time.Second {
					t.Errorf("after %v: it went on for %v", timeout, late)
				}
			}
		})
	}
}

// How long queries go on after their time is up.
func BenchmarkStop(b *testing.B) {
	ring := ringDB(b, 3000)
	for _, c := range endless {
		b.Run(c.name, func(b *testing.B) {
			var worst time.Duration
			for b.Loop() {
				late, _ := c.overshoot(ring, 100*time.Millisecond)
				worst = max(worst, late)
			}
			b.ReportMetric(float64(worst.Milliseconds()), "ms-late")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// ringDB is a graph of n entities in which every one reaches every other.
func ringDB(t testing.TB, n int) engine.DB {
	t.Helper()
	var facts strings.Builder
	for e := 1; e <= n; e++ {
		fmt.Fprintf(&facts, "{:db/id %d :a/n %d :a/s \"s%d\" :a/r [%d %d] :a/o %d}", e, e%100, e, 1+e%n, 1+e*7%n, 1+(e+n-2)%n)
	}
	return newDB(t, engine.Options{}, testSchema, "["+facts.String()+"]")
}

// hopeless is a query that takes too long.
type hopeless struct {
	name, text, rules string
}

// overshoot asks until the time is up, and measures how long it goes on.
func (c hopeless) overshoot(db engine.DB, timeout time.Duration) (time.Duration, error) {
	took, err := c.ask(db, queries.Limits{Timeout: timeout, Rows: 1 << 40, Memory: 1 << 50})
	return max(0, took-timeout), err
}

// ask asks within limits, and measures how long it takes.
func (c hopeless) ask(db engine.DB, l queries.Limits) (time.Duration, error) {
	rules := ""
	inputs := []queries.Input{queries.DB(db)}
	if c.rules != "" {
		rules, inputs = " %", append(inputs, queries.Value(parse("["+c.rules+"]")))
	}
	q, err := queries.Parse(strings.Replace(c.text, " :where", " :in $"+rules+" :where", 1))
	if err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = queries.Run(context.Background(), q, inputs, l)
	return time.Since(began), err
}

const million = "[(range 1000000) [?x ...]] [(range 1000000) [?y ...]]"

// endless are queries that take longer than they are given, each in something else.
var endless = []hopeless{
	{name: "product", text: "[:find ?x ?y :where " + million + "]"},
	{name: "smaller product", text: "[:find ?x ?y :where [(range 40000) [?x ...]] [(range 40000) [?y ...]]]"},
	{name: "counted product", text: "[:find (count ?x) :with ?y :where " + million + "]"},
	{name: "product of patterns", text: "[:find ?a ?b ?c :where [?a :a/n _] [?b :a/n _] [?c :a/n _]]"},
	{name: "filtered product", text: "[:find ?a ?b :where [?a :a/n ?x] [?b :a/n ?y] [?c :a/n ?z] [(+ ?x ?y) ?s] [(< ?s ?z)]]"},
	{name: "join", text: "[:find ?a ?b ?c ?d :where [?a :a/n ?n] [?b :a/n ?n] [?c :a/n ?n] [?d :a/n ?n]]"},
	{name: "cycle", text: "[:find ?a ?b ?c ?d ?e :where [?a :a/n ?n] [?b :a/n ?n] [?c :a/n ?n] [?a :a/r ?d] [?d :a/r ?e] [?e :a/r ?f] [?f :a/r ?g] [?g :a/r ?h] [?h :a/r ?i] [?i :a/r ?j] [?j :a/r ?k] [?k :a/r ?l]]"},
	{name: "not", text: "[:find ?a ?b :where [?a :a/n ?n] [?b :a/n ?m] (not [?c :a/n ?n] [?d :a/n ?m] [?c :a/r ?d] [?d :a/r ?a] [?b :a/r ?c])]"},
	{name: "or", text: "[:find ?a ?b ?c :where [?a :a/n ?n] (or [?b :a/n ?n] [?b :a/r ?a] [?b :a/n _]) (or-join [?c ?b] [?c :a/n _] [?b :a/r ?c])]"},
	{name: "sorting", text: "[:find ?s ?b :order-by [0 :desc 1 :asc] :where [?a :a/s ?s] [?b :a/n _]]"},
	{name: "groups", text: "[:find ?a ?n (count ?b) (median ?m) :where [?a :a/n ?n] [?b :a/n ?m] [?c :a/n ?n] [?c :a/r ?d] [?d :a/n ?k]]"},
	{name: "distinct", text: "[:find (distinct ?s) :where [?a :a/s ?s] [?b :a/s ?t] [?c :a/n ?n] [(str ?s ?t ?n) ?u]]"},
	{name: "nested query", text: "[:find ?a ?k :where [?a :a/n _] [(q [:find (count ?b) . :in $ ?a :where [?a :a/n ?n] [?b :a/n ?n] [?c :a/r ?b] [?d :a/n _]] $ ?a) ?k]]"},
	{name: "range of each", text: "[:find (count ?x) :where [?a :a/n ?n] [(* ?n 100000) ?top] [(range ?top) [?x ...]] [(odd? ?x)]]"},
	{name: "pull of a graph", text: "[:find (pull ?a [:a/s {:a/r [:a/s {:a/r [:a/s {:a/r [:a/s {:a/r [:a/s {:a/r [:a/s {:a/r [:a/s]}]}]}]}]}]}]) :where [?a :a/n _]]"},
	{name: "pull of cycles", text: "[:find (pull ?a [:a/s {:a/r ...}]) :where [?a :a/n _]]"},
	{name: "numbers without end", text: "[:find ?y :where (up 1 ?y)]", rules: "[(up [?x] ?y) [(+ ?x 1) ?y]] [(up [?x] ?y) [(+ ?x 1) ?z] (up ?z ?y)]"},
	{name: "right recursion", text: "[:find ?a ?b ?c :where (r ?a ?b) (r ?b ?c)]", rules: "[(r ?x ?y) [?x :a/r ?y]] [(r ?x ?y) [?x :a/r ?z] (r ?z ?y)]"},
	{name: "left recursion", text: "[:find ?a ?b ?c :where (r ?a ?b) (r ?b ?c)]", rules: "[(r ?x ?y) [?x :a/r ?y]] [(r ?x ?y) (r ?x ?z) [?z :a/r ?y]]"},
	{name: "non-linear recursion", text: "[:find ?a ?b :where (r ?a ?b)]", rules: "[(r ?x ?y) [?x :a/r ?y]] [(r ?x ?y) (r ?x ?z) (r ?z ?y)]"},
	{name: "mutual recursion", text: "[:find ?a ?b ?c :where (p ?a ?b) (q ?b ?c)]", rules: "[(p ?x ?y) [?x :a/r ?y]] [(p ?x ?y) [?x :a/r ?z] (q ?z ?y)] [(q ?x ?y) [?x :a/o ?z] (p ?z ?y)]"},
	{name: "same generation", text: "[:find ?a ?b :where (g ?a ?b)]", rules: "[(g ?x ?y) [?z :a/r ?x] [?z :a/r ?y]] [(g ?x ?y) [?u :a/r ?x] (g ?u ?w) [?w :a/r ?y]]"},
	{name: "recursion of three", text: "[:find (count ?a) :where (r ?a ?l ?b)]", rules: "[(r ?x ?l ?y) [?x :a/r ?y] [?x :a/n ?l]] [(r ?x ?l ?y) [?x :a/r ?z] (r ?z ?l ?y)]"},
}

// A call that would make something enormous is refused, whatever else the query does.
func TestEnormousValuesAreRefused(t *testing.T) {
	db := ringDB(t, 10)
	grow := func(call string) string {
		return fmt.Sprintf("[(up [?x] ?y) [%s ?y]] [(up [?x] ?y) [%s ?z] (up ?z ?y)]", call, call)
	}
	for _, c := range []hopeless{
		{name: "a range", text: "[:find (sum ?x) :where [(range 1000000000000) [?x ...]]]"},
		{name: "texts that double", text: `[:find (count ?y) :where (up "ab" ?y)]`, rules: grow("(str ?x ?x)")},
		{name: "texts that are printed twice", text: `[:find (count ?y) :where (up "ab" ?y)]`, rules: grow("(pr-str ?x ?x)")},
		{name: "texts that are squared", text: `[:find (count ?y) :where (up "aa" ?y)]`, rules: grow(`(clojure.string/replace ?x "a" ?x)`)},
		{name: "texts that are squared by an expression", text: `[:find (count ?y) :where (up "aa" ?y)]`, rules: grow(`(clojure.string/replace ?x #regex "a" ?x)`)},
		{name: "texts that are joined", text: `[:find ?n :where [(range 1000000) ?r] [(clojure.string/join "a long separator, so that it is too much" ?r) ?s] [(count ?s) ?n]]`},
		{name: "vectors that double", text: "[:find (count ?y) :where (up 1 ?y)]", rules: grow("(vector ?x ?x)")},
		{name: "vectors that nest", text: "[:find (count ?y) :where (up 1 ?y)]", rules: grow("(vector ?x)")},
		{name: "numbers that are squared", text: "[:find (count ?y) :where (up 3N ?y)]", rules: grow("(* ?x ?x)")},
		{name: "a repeated expression", text: `[:find ?x :where [?e :a/s ?s] [(re-find "((a{100}){100}){100}" ?s) ?x]]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			late, err := c.overshoot(db, 20*time.Second)
			if code(err) != "query/value" || late > 0 {
				t.Errorf("it was %v late, with the error %v, want one of query/value", late, err)
			}
		})
	}
}
