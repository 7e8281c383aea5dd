package queries_test

import (
	"fmt"
	"strings"
)

// about is a pattern over the variables and no other.
func (q *asker) about(vars ...string) string {
	src, d := q.source()
	if len(vars) > 1 {
		return fmt.Sprintf("[%s%s %s %s]", src, vars[0], q.pick(":b/n", ":b/m", ":b/r", ":b/l", ":b/o"), vars[1])
	}
	if q.chance(30) {
		return fmt.Sprintf("[%s_ %s %s]", src, q.pick(refs...), vars[0])
	}
	a := pickOf(q.writer, d.attrs)
	return fmt.Sprintf("[%s%s %s %s]", src, vars[0], a.ident, q.pick("_", "_", q.value(d, a)))
}

// further makes up to n more clauses for the inside of another.
func (q *asker) further(n int, seen ...string) string {
	in := q.within(seen...)
	var list []string
	for range q.IntN(n + 1) {
		list = append(list, in.clauses()...)
	}
	return words(list...)
}

// closed makes up to n more clauses of the variables vars only.
func (q *asker) closed(n int, vars ...string) string {
	var list []string
	for range q.IntN(n + 1) {
		switch {
		case q.chance(30):
			list = append(list, fmt.Sprintf("[(%s %s %s)]", q.pick("=", "!=", "<"), vars[0], q.pick("1", "2")))
		case q.chance(30):
			list = append(list, "(not "+q.about(vars[0])+")")
		default:
			list = append(list, q.about(vars...))
		}
	}
	return words(list...)
}

func (q *asker) not() string {
	v := q.known("ref")
	src, _ := q.source()
	return fmt.Sprintf("(%snot %s %s)", src, q.about(v), q.further(2, v))
}

func (q *asker) notJoin() string {
	v := q.known("ref")
	if w := q.known("ref"); w != v && len(q.bound) > 1 && q.chance(40) {
		return fmt.Sprintf("(not-join [%s %s] %s %s)", v, w, q.about(v, w), q.further(2, v, w))
	}
	return fmt.Sprintf("(not-join [%s] %s %s)", v, q.about(v), q.further(2, v))
}

// or makes (or …) or (or-join …) of two or three branches that have the same variables.
func (q *asker) or(join bool) string {
	vars := []string{q.some("ref")}
	if q.chance(50) {
		if v := q.some(q.pick("ref", "long")); v != vars[0] {
			vars = append(vars, v)
		}
	}
	head := "or"
	switch {
	case join && q.chance(15):
		vars[0] = q.known("ref")
		head = fmt.Sprintf("or-join [[%s] %s]", vars[0], words(vars[1:]...))
	case join:
		head = fmt.Sprintf("or-join [%s]", words(vars...))
	}
	var branches []string
	for range 2 + q.IntN(2) {
		more := q.closed(2, vars...)
		if join {
			more = q.further(2, vars...)
		}
		branches = append(branches, strings.TrimSpace(q.about(vars...)+" "+more))
	}
	for i, b := range branches {
		if i > 0 || strings.Contains(b, "] [") || strings.Contains(b, "] (") {
			branches[i] = "(and " + b + ")"
		}
	}
	return fmt.Sprintf("(%s %s)", head, words(branches...))
}

// nested is a query in the query.
func (q *asker) nested() string {
	src, d := q.source()
	if src == "" {
		src = "$ "
	}
	a := pickOf(q.writer, d.attrs)
	x := q.known("ref")
	switch q.pick("each", "of one", "count", "max", "rows", "two") {
	case "of one":
		return fmt.Sprintf("[(q [:find ?v . :in $ ?e :where [?e %s ?v]] %s%s) %s]", a.ident, src, x, q.some(a.kind))
	case "count":
		return fmt.Sprintf("[(q [:find (count ?v) . :in $ ?e :where [?e %s ?v]] %s%s) %s]", a.ident, src, x, q.some("long"))
	case "max":
		return fmt.Sprintf("[(q [:find (max ?v) . :where [_ %s ?v]] %s) %s]", a.ident, src, q.some(a.kind))
	case "rows":
		return fmt.Sprintf("[(q [:find ?e ?v :where [?e %s ?v]] %s) [[%s %s]]]", a.ident, src, q.some("ref"), q.some(a.kind))
	case "two":
		return fmt.Sprintf("[(q [:find ?e :in $ $b :where [?e %s ?v] [$b ?e :b/r ?v]] %s $b) [[%s]]]", a.ident, src, q.some("ref"))
	}
	return fmt.Sprintf("[(q [:find ?v :in $ ?e :where [?e %s ?v]] %s%s) [[%s]]]", a.ident, src, x, q.some(a.kind))
}
