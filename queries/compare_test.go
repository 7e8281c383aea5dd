package queries_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/queries"
)

// outcome counts what became of queries.
type outcome struct{ tried, answered, withRows int }

func (o *outcome) add(more outcome) {
	o.tried += more.tried
	o.answered += more.answered
	o.withRows += more.withRows
}

// comparison is a question to two databases, each seen at some time.
type comparison struct {
	*question
	views     [2]view
	databases [2]*world
	shuffled  []string
}

// comparison makes up a question. Now and then both databases are the same one.
func (w writer) comparison(a, b *world) *comparison {
	if w.chance(50) {
		b = a
	}
	c := &comparison{databases: [2]*world{a, b}, views: [2]view{w.view(a), w.view(b)}, question: w.question(a, b)}
	c.shuffled = w.shuffled(c.clauses)
	return c
}

func (c *comparison) inputsNow() ([]queries.Input, error) {
	var list []queries.Input
	for i, v := range c.views {
		db, err := v.of(c.databases[i])
		if err != nil {
			return nil, err
		}
		list = append(list, queries.DB(db))
	}
	list = append(list, queries.Value(parse(`[[1 2] [2 3] [:x 1] [1.0 "x"] [5]]`)))
	if c.callsRules() {
		list = append(list, queries.Value(parse(c.rules.String())))
	}
	for _, v := range c.question.inputs {
		list = append(list, queries.Value(parse(v)))
	}
	return list, nil
}

// run asks in every way and describes the difference, if there is one: naively, as it is written, in
// another order, and once more, when there may be something to remember.
func (c *comparison) run(o *outcome) string {
	o.tried++
	text := c.text(c.clauses)
	q, err := queries.Parse(text)
	if err != nil {
		return ""
	}
	inputs, err := c.inputsNow()
	if err != nil {
		return err.Error()
	}
	limits := queries.Limits{Rows: 2000, Timeout: 10 * time.Second}
	want, err := queries.RunNaive(context.Background(), q, inputs, limits)
	if err == nil {
		o.answered++
		o.withRows += min(1, want.Len())
	}
	for _, clauses := range [][]string{c.clauses, c.shuffled, c.clauses} {
		q, parseErr := queries.Parse(c.text(clauses))
		if parseErr != nil {
			return fmt.Sprintf("%s\n%s is refused in another order: %v", text, c.text(clauses), parseErr)
		}
		got, gotErr := queries.Run(context.Background(), q, inputs, limits)
		if !sameOutcome(text, got, want, gotErr, err) {
			return fmt.Sprintf("$ %v, $b %v\n%s\ngot  %v %v\nwant %v %v\n%s", c.views[0], c.views[1], c.text(clauses), value(got), gotErr, value(want), err, plan(got))
		}
	}
	return ""
}

// reduce leaves out clauses and rules as long as there is a difference, and describes what is left of it.
func (c *comparison) reduce(text string) string {
	for less := true; less; {
		less = c.drop(&c.clauses, &text) || c.drop(&c.rules.branches, &text)
	}
	text += "\n"
	if c.callsRules() {
		text += "rules " + c.rules.String() + "\n"
	}
	for i, d := range c.databases {
		if i == 0 || d != c.databases[0] {
			text += fmt.Sprintf("%s is made by %.3000s\n", []string{"$", "$b"}[i], strings.Join(d.txs, "\n "))
		}
	}
	return text
}

// drop leaves out one item that does not matter, and describes the difference that is still there.
func (c *comparison) drop(list *[]string, text *string) bool {
	all, shuffled := *list, c.shuffled
	for i := range all {
		*list = slices.Delete(slices.Clone(all), i, i+1)
		c.shuffled = c.clauses
		if fault := c.run(&outcome{}); fault != "" {
			*text = fault
			return true
		}
	}
	*list, c.shuffled = all, shuffled
	return false
}

// sameOutcome compares answers, or the codes of errors. Which rows a function sees before
// others are dropped depends on the order, so it may fail in one and not in another; the
// same holds for limits.
func sameOutcome(text string, got, want *queries.Result, gotErr, wantErr error) bool {
	a, b := code(gotErr), code(wantErr)
	switch {
	case depends[a] || depends[b] || (a == missing || b == missing) && strings.Contains(text, "(q "):
		return true
	case a != b:
		return false
	case gotErr != nil:
		return a != ""
	}
	return value(got) == value(want)
}

const missing = "query/lookup-missing"

var depends = map[string]bool{"query/value": true, "query/limit": true, "query/bad-input": true, "query/bind-arity": true}

func code(err error) string {
	var e *queries.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func value(r *queries.Result) string {
	if r == nil {
		return ""
	}
	return r.Value().String()
}

func plan(r *queries.Result) string {
	if r == nil {
		return ""
	}
	return fmt.Sprint(r.Stats.Plan)
}

// session asks n queries of two new databases, which change in between, and describes the first difference.
func (w writer) session(t testing.TB, n int, o *outcome) string {
	t.Helper()
	size := 3 + w.IntN(few-2)
	if w.chance(12) {
		size = 20 + w.IntN(60)
	}
	a, b := w.world(t, size), w.world(t, size)
	ask := func(c *comparison) string {
		if fault := c.run(o); fault != "" {
			return c.reduce(fault)
		}
		return ""
	}
	for range n {
		c := w.comparison(a, b)
		if fault := ask(c); fault != "" {
			return fault
		}
		if w.chance(3) {
			attrs := a.attrs
			if w.chance(50) {
				attrs = attrs[4:6] // which most queries do not ask for
			}
			a.transactEach(t, w.changes(a, attrs))
			if fault := ask(c); fault != "" {
				return fault
			}
		}
	}
	return ""
}
