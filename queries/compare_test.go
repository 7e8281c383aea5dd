package queries_test

import (
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

// count counts a reply of the naive evaluator.
func (o *outcome) count(r reply) {
	if r.err == nil {
		o.answered++
		o.withRows += min(1, r.result.Len())
	}
}

// comparison is a question to two databases, each seen at some time.
type comparison struct {
	*question
	views     [2]view
	databases [2]*world
	sources   []queries.Input // the databases, so seen
	other     order
}

// order is clauses and rules in another order than that of the question.
type order struct{ clauses, rules []string }

// comparison makes up a question. Now and then both databases are the same one.
func (w writer) comparison(a, b *world) *comparison {
	if w.chance(50) {
		b = a
	}
	c := &comparison{databases: [2]*world{a, b}, views: [2]view{w.view(a), w.view(b)}, question: w.question(a, b)}
	c.other = order{w.reordered(c.clauses), w.reorderedRules(c.rules.branches)}
	return c
}

// look opens the databases as they are now.
func (c *comparison) look() error {
	c.sources = nil
	for i, v := range c.views {
		db, err := v.of(c.databases[i])
		if err != nil {
			return err
		}
		c.sources = append(c.sources, queries.DB(db))
	}
	return nil
}

// inputs are the databases and all else that the question takes.
func (c *comparison) inputs(rules []string) []queries.Input {
	list := append(c.sources[:2:2], queries.Value(parse(`[[1 2] [2 3] [:x 1] [1.0 "x"] [5]]`)))
	if c.callsRules() {
		list = append(list, queries.Value(parse(rulesText(rules))))
	}
	for _, v := range c.question.inputs {
		list = append(list, queries.Value(parse(v)))
	}
	return list
}

// naiveRows is how many rows the naive evaluator may have. The other is given a hundred times as
// many, in whatever order it joins.
const naiveRows = 2000

// ask asks the question with its clauses in an order.
func (c *comparison) ask(eval evaluate, by order, l queries.Limits) reply {
	return replyTo(eval, c.text(by.clauses), c.inputs(by.rules), l)
}

// run asks in every way and describes the difference, if there is one: naively, as it is written, in
// another order, and once more, when there may be something to remember.
func (c *comparison) run(o *outcome) string {
	o.tried++
	if _, err := queries.Parse(c.text(c.clauses)); err != nil {
		return ""
	}
	if err := c.look(); err != nil {
		return err.Error()
	}
	written := order{c.clauses, c.rules.branches}
	want := c.ask(queries.RunNaive, written, queries.Limits{Rows: naiveRows, Timeout: 10 * time.Second})
	o.count(want)
	if want.code() == "query/limit" {
		return "" // nothing to compare with
	}
	excused := want
	for _, by := range []order{written, c.other, written} {
		got := c.ask(queries.Run, by, queries.Limits{Rows: 100 * naiveRows, Timeout: 20 * time.Second})
		if got.same(want) || got.same(excused) {
			continue
		}
		if excused = got; !c.excused(got, want) {
			return fmt.Sprintf("$ %v, $b %v\n%s\ngot  %v\nwant %v\n%s", c.views[0], c.views[1], c.text(by.clauses), got, want, plan(got.result))
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
	all, other := *list, c.other
	for i := range all {
		*list = slices.Delete(slices.Clone(all), i, i+1)
		c.other = order{c.clauses, c.rules.branches}
		if fault := c.run(&outcome{}); fault != "" {
			*text = fault
			return true
		}
	}
	*list, c.other = all, other
	return false
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
