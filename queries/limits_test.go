package queries_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// numbers is an input of n numbers.
func numbers(n int) queries.Input {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " %d", i)
	}
	return queries.Value(parse("[" + b.String() + "]"))
}

// crowd is a database of n entities that all like each other, so that there are n! paths through them.
func crowd(t *testing.T, n int) queries.Input {
	t.Helper()
	var all, tx strings.Builder
	for i := range n {
		fmt.Fprintf(&all, " %d", 100+i)
	}
	for i := range n {
		fmt.Fprintf(&tx, `{:db/id %d :car/name "%d" :car/like [%s]}`, 100+i, i, all.String())
	}
	return queries.DB(newDB(t, engine.Options{}, carSchema, "["+tx.String()+"]"))
}

// What gets out of hand is stopped, and says so.
func TestLimits(t *testing.T) {
	db := people3(t)
	rules := queries.Value(parse("[[(up [?x] ?y) [(+ ?x 1) ?y]] [(up [?x] ?y) [(+ ?x 1) ?z] (up ?z ?y)]]"))
	for _, c := range []struct {
		name, text string
		inputs     []queries.Input
		limits     queries.Limits
		want       string
	}{
		{"rows of a product", "[:find ?x ?y :in [?x ...] [?y ...]]", []queries.Input{numbers(2000), numbers(2000)}, queries.Limits{Rows: 100_000}, "rows"},
		{"memory of a product", "[:find ?x ?y :in [?x ...] [?y ...]]", []queries.Input{numbers(2000), numbers(2000)}, queries.Limits{Memory: 4 << 20}, "memory"},
		{"time of a product", "[:find (count ?x) :with ?y ?z :in [?x ...] [?y ...] [?z ...]]", []queries.Input{numbers(1000), numbers(1000), numbers(1000)}, queries.Limits{Timeout: 30 * time.Millisecond, Rows: 1 << 40, Memory: 1 << 50}, "longer than 30ms"},
		{"time given by the query", "[:find (count ?x) :with ?y ?z :timeout 20 :in [?x ...] [?y ...] [?z ...]]", []queries.Input{numbers(1000), numbers(1000), numbers(1000)}, queries.Limits{Rows: 1 << 40, Memory: 1 << 50}, "longer than 20ms"},
		{"time given by the query inside", "[:find ?n :in $ [?x ...] :where [(q [:find (count ?x) . :with ?y ?z :timeout 20 :in [?x ...] [?y ...] [?z ...] :where [(+ ?x ?y ?z) ?s] [(pos? ?s)]] ?l ?l ?l) ?n] [(range 1000) ?l]]",
			[]queries.Input{db, numbers(1)}, queries.Limits{Rows: 1 << 40, Memory: 1 << 50}, "longer than 20ms"},
		{"time of a pull", "[:find (pull ?e [:car/name {:car/like ...}]) :timeout 20 :where [?e :car/like 100]]", []queries.Input{crowd(t, 14)}, queries.Limits{Memory: 1 << 50}, "longer than 20ms"},
		{"a recursion without end", "[:find ?y :in $ % :where (up 1 ?y)]", []queries.Input{db, rules}, queries.Limits{Timeout: 50 * time.Millisecond}, "longer than 50ms"},
		{"rows of a recursion", "[:find ?y :in $ % :where (up 1 ?y)]", []queries.Input{db, rules}, queries.Limits{Rows: 10_000}, "rows"},
		{"a product in one binding", "[:find ?x ?y :in $ :where [(range 1000000) ?r] [(vector ?r ?r) [[?x ...] [?y ...]]]]", []queries.Input{db}, queries.Limits{Rows: 1_000_000}, "rows"},
		{"an input that is a product", "[:find ?x ?y :in [[?x ...] [?y ...]]]", []queries.Input{queries.Value(parse("[[1 2 3 4 5] [1 2 3 4 5]]"))}, queries.Limits{Rows: 20}, "rows"},
		{"a range per row", "[:find ?y :in [?x ...] :where [(range 100000) [?y ...]] [(+ ?x ?y) ?z] [(< ?z 0)]]", []queries.Input{numbers(1000)}, queries.Limits{Timeout: 50 * time.Millisecond, Rows: 1 << 40, Memory: 1 << 50}, "longer than 50ms"},
	} {
		q, err := queries.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = queries.Run(context.Background(), q, c.inputs, c.limits)
		var e *queries.Error
		if !errors.As(err, &e) || e.Code != "query/limit" || !strings.Contains(e.Msg, c.want) {
			t.Errorf("%s: got the error %v, want one of query/limit about %q", c.name, err, c.want)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: it took %v to stop", c.name, took)
		}
	}
}

// The naive evaluator obeys limits too.
func TestLimitsOfOracle(t *testing.T) {
	q, err := queries.Parse("[:find ?x ?y :in [?x ...] [?y ...] :where [(+ ?x ?y) ?z]]")
	if err != nil {
		t.Fatal(err)
	}
	in := []queries.Input{numbers(200), numbers(200)}
	if _, err := queries.RunNaive(context.Background(), q, in, queries.Limits{Rows: 1000}); code(err) != "query/limit" {
		t.Errorf("rows: %v", err)
	}
	if _, err := queries.RunNaive(context.Background(), q, in, queries.Limits{Timeout: time.Nanosecond}); code(err) != "query/limit" {
		t.Errorf("time: %v", err)
	}
}

// A query ends when its caller gives up, with the caller's reason.
func TestCancel(t *testing.T) {
	q, err := queries.Parse("[:find (count ?x) :with ?y ?z :in [?x ...] [?y ...] [?z ...]]")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = queries.Run(ctx, q, []queries.Input{numbers(1000), numbers(1000), numbers(1000)}, queries.Limits{Rows: 1 << 40, Memory: 1 << 50})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
