package queries_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"github.com/dhfs/dhfs/queries/internal/oracle"
)

// An excuse is looked for in so many orders, and not for long in each.
const (
	orders   = 3000
	patience = 100 * time.Millisecond
	silent   = 8 // one order of so many may take too long
)

// excused tells whether a reply that is not the one wanted is right all the same, since which rows a function, a lookup or
// a query inside sees depends on what other clauses dropped before. An answer in place of an error is right when it
// is that of the rows for which no function fails; an error, when the naive evaluator gives it too, in some order, or
// takes too long in several orders, so that nobody knows. To stop at a limit is never right: the naive evaluator did not.
func (c *comparison) excused(got, want reply) bool {
	switch {
	case got.err == nil:
		return want.err != nil && c.forgiven(got)
	case got.code() == "query/limit":
		return false
	}
	unknown := 0
	for try := range uint64(orders) {
		w, other := newWriter(try), *c
		if try%2 == 1 {
			other.question = c.grounded()
		}
		clauses := other.clauses
		if try%4 >= 2 { // of several that are wrong, the one that is found depends on how they are written
			clauses = w.reordered(clauses)
		}
		r := other.ask(w.runShuffled, order{clauses, w.asked(c.rules.branches)}, queries.Limits{Rows: naiveRows, Timeout: patience})
		if got.same(r) {
			return true
		}
		if r.code() == "query/limit" {
			unknown++
		}
		if unknown > silent && uint64(unknown)*silent > try {
			return true
		}
	}
	return false
}

// forgiven tells whether an answer is that of the rows for which no function fails. It is the same in every order, so that the
// first order that ends below the limits tells; where none does, nobody knows.
func (c *comparison) forgiven(got reply) bool {
	for try := range uint64(silent * silent) {
		r := c.ask(newWriter(try).runForgiving, order{c.clauses, c.rules.branches}, queries.Limits{Rows: 100 * naiveRows, Timeout: time.Second})
		if r.code() != "query/limit" {
			return got.same(r)
		}
	}
	return true
}

// runForgiving evaluates naively, the clauses in a random order, and drops the rows for which a function fails.
func (w writer) runForgiving(ctx context.Context, q *queries.Query, inputs []queries.Input, l queries.Limits) (*queries.Result, error) {
	return queries.RunNaive(oracle.Shuffled(oracle.Forgiving(ctx), w.Rand), q, inputs, l)
}

// runShuffled evaluates naively, the clauses in a random order.
func (w writer) runShuffled(ctx context.Context, q *queries.Query, inputs []queries.Input, l queries.Limits) (*queries.Result, error) {
	return queries.RunNaive(oracle.Shuffled(ctx, w.Rand), q, inputs, l)
}

// grounded is the question with what it takes as clauses: then inputs too are joined in any order.
func (c *question) grounded() *question {
	other := *c
	other.in, other.inputs = "", nil
	for i, binding := range parse("[" + c.in + "]").Items() {
		other.clauses = append(other.clauses[:len(other.clauses):len(other.clauses)], fmt.Sprintf("[(ground %s) %v]", c.inputs[i], binding))
	}
	return &other
}

// reordered puts clauses, and those inside of them, into another order.
func (w writer) reordered(clauses []string) []string {
	list := slices.Clone(clauses)
	w.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i, text := range list {
		list[i] = w.inside(parse(text)).String()
	}
	return list
}

// reorderedRules are rules with the clauses of each in another order.
func (w writer) reorderedRules(branches []string) []string {
	list := make([]string, len(branches))
	for i, text := range branches {
		items := parse(text).Items()
		list[i] = edn.MakeVector(append(items[:1:1], w.mixed(items[1:])...)...).String()
	}
	return list
}

// asked are rules of which some want their first parameter, or all, to be bound by the caller: the naive evaluator
// then derives only what is asked for, as the other does where that is less.
func (w writer) asked(branches []string) []string {
	list := make([]string, len(branches))
	wanted := map[string]int{}
	for i, text := range branches {
		items := parse(text).Items()
		head := items[0].Items()
		name := head[0].Text()
		if _, ok := wanted[name]; !ok {
			wanted[name] = w.IntN(3)
		}
		params := head[1:]
		if len(params) > 0 && params[0].Kind() == edn.Vector {
			params = slices.Concat(params[0].Items(), params[1:])
		}
		if n := min(wanted[name], len(params)); n > 0 {
			head = append([]edn.Value{head[0], edn.MakeVector(params[:n]...)}, params[n:]...)
		}
		list[i] = edn.MakeVector(append([]edn.Value{edn.MakeList(head...)}, items[1:]...)...).String()
	}
	return list
}

// inside is a clause with the clauses in it in another order.
func (w writer) inside(clause edn.Value) edn.Value {
	items := clause.Items()
	if clause.Kind() != edn.List {
		return clause
	}
	head := 0
	if items[0].Text()[0] == '$' {
		head++
	}
	switch items[head].Text() {
	case "not", "or", "and":
		head++
	case "not-join", "or-join":
		head += 2
	default:
		return clause
	}
	return edn.MakeList(append(items[:head:head], w.mixed(items[head:])...)...)
}

func (w writer) mixed(clauses []edn.Value) []edn.Value {
	list := make([]edn.Value, len(clauses))
	for i, at := range w.Perm(len(clauses)) {
		list[i] = w.inside(clauses[at])
	}
	return list
}
