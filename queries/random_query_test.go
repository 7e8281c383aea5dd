package queries_test

import (
	"fmt"
	"slices"
	"strings"
)

// question is a query that was made up, in parts.
type question struct {
	find, in, after string
	clauses         []string
	rules           *ruleset
	inputs          []string // values for what in has besides sources and rules
}

// question makes up a query for two databases.
func (w writer) question(here, there *world) *question {
	q := &asker{vars: newVars(w), here: here, there: there, rules: w.ruleset(here)}
	c := &question{rules: q.rules}
	q.inputs(c)
	for range 1 + min(w.IntN(5), w.IntN(5)) {
		c.clauses = append(c.clauses, q.clauses()...)
	}
	c.find, c.after = q.find()
	return c
}

// inputs makes up inputs of all forms.
func (q *asker) inputs(c *question) {
	if q.chance(60) {
		return
	}
	e, f := q.entity(q.here), q.entity(q.here)
	lookup := fmt.Sprintf("[:b/u %s]", q.here.unique(1))
	switch q.pick("scalar", "lookup", "collection", "relation", "tuple", "attribute", "mixed") {
	case "scalar":
		c.in, c.inputs = q.bind("?i", "long"), []string{q.pick("0", "1", "2")}
	case "lookup":
		c.in, c.inputs = q.bind("?a", "ref"), []string{lookup}
	case "collection":
		c.in, c.inputs = "["+q.bind("?a", "ref")+" ...]", []string{words("[", e, f, "3.5", lookup, "]")}
	case "relation":
		c.in, c.inputs = "[["+q.bind("?a", "ref")+" "+q.bind("?b", "ref")+"]]", []string{fmt.Sprintf("[[%s %s] [1 2] [2 1] [3 3]]", e, f)}
	case "tuple":
		c.in, c.inputs = "["+q.bind("?a", "ref")+" _ "+q.bind("?i", "long")+"]", []string{words("[", e, ":x", "1", "]")}
	case "attribute":
		c.in, c.inputs = q.bind("?p", "attr"), []string{q.pick(":b/n", ":b/r", ":b/x")}
	case "mixed":
		c.in, c.inputs = "[["+q.bind("?s", "string")+" "+q.bind("?a", "ref")+"]] "+q.bind("?j", "long"), []string{`[[:x 1] ["x" 2] ["y" 1] [1.0 :b/n]]`, "2"}
	}
}

// text is the query with its clauses in an order.
func (c *question) text(clauses []string) string {
	rules := ""
	if c.callsRules() {
		rules = " %"
	}
	return fmt.Sprintf("[:find %s :in $ $b $c%s %s :where %s%s]", c.find, rules, c.in, words(clauses...), c.after)
}

// callsRules tells whether the rules are an input: checking them takes longer than answering many a query.
func (c *question) callsRules() bool {
	text := words(c.clauses...)
	return slices.ContainsFunc(c.rules.names, func(name string) bool {
		return strings.Contains(text, "("+name+" ") || strings.Contains(text, "$ "+name+" ") || strings.Contains(text, "$b "+name+" ")
	})
}
