package queries_test

import "fmt"

// asker makes up the clauses of a query.
type asker struct {
	*vars
	here, there *world // what $ and $b are
	rules       *ruleset
	depth       int // of clauses within clauses
}

// within is for the clauses within another.
func (q *asker) within(seen ...string) *asker {
	in := *q
	in.vars, in.depth = q.inner(seen...), q.depth+1
	return &in
}

// source is what a clause asks, and the database that it is.
func (q *asker) source() (prefix string, d *world) {
	if q.chance(20) {
		return "$b ", q.there
	}
	return q.pick("", "", "", "$ "), q.here
}

// clauses makes one clause, or several that belong together.
func (q *asker) clauses() []string {
	q.used = nil
	if len(q.bound) == 0 && q.chance(85) {
		return []string{q.pattern()}
	}
	forms := []string{
		"pattern", "pattern", "pattern", "pattern", "pattern", "pattern", "core", "bounded", "predicate", "predicate", "function", "function",
		"tuple", "rule", "rule", "transaction", "any attribute",
	}
	if q.depth < 2 {
		forms = append(forms, "not", "not-join", "or", "or-join", "nested query")
	}
	switch q.pick(forms...) {
	case "core":
		return q.core()
	case "bounded":
		return q.bounded()
	case "predicate":
		return []string{q.predicate()}
	case "function":
		return []string{q.function()}
	case "tuple":
		return []string{q.tuple()}
	case "rule":
		return []string{q.ruleCall()}
	case "transaction":
		return q.transaction()
	case "any attribute":
		return q.anyAttribute()
	case "not":
		return []string{q.not()}
	case "not-join":
		return []string{q.notJoin()}
	case "or":
		return []string{q.or(false)}
	case "or-join":
		return []string{q.or(true)}
	case "nested query":
		return []string{q.nested()}
	}
	return []string{q.pattern()}
}

// pattern is a pattern of one attribute, sometimes with a transaction and an operation.
func (q *asker) pattern() string {
	src, d := q.source()
	a := pickOf(q.writer, d.attrs)
	text := fmt.Sprintf("[%s%s %s %s", src, q.subject(d), a.ident, q.object(d, a))
	if q.chance(10) {
		text += " " + q.either(60, func() string { return q.some("tx") }, q.pick("_", "_", "4"))
		if q.chance(50) {
			text += " " + q.either(50, func() string { return q.bind("?op", "op") }, q.pick("true", "false"))
		}
	}
	return text + "]"
}

func (q *asker) subject(d *world) string {
	switch n := q.IntN(100); {
	case n < 84:
		return q.some("ref")
	case n < 90:
		return q.entity(d)
	case n < 97:
		return "_"
	}
	return fmt.Sprintf("[:b/u %s]", d.unique(2))
}

func (q *asker) object(d *world, a attr) string {
	switch n := q.IntN(100); {
	case n < 74:
		return q.some(a.kind)
	case n < 86:
		return q.value(d, a)
	case n < 97:
		return "_"
	case a.kind == "ref":
		return fmt.Sprintf("[:b/u %s]", d.unique(1))
	}
	return q.pick(kinds[q.pick(scalars...)]...) // perhaps of another type
}

var refs = []string{":b/r", ":b/r", ":b/l", ":b/o"}

// edge leads from one variable to another.
func (q *asker) edge(from, to string) string {
	src, _ := q.source()
	from, to = q.bind(from, "ref"), q.bind(to, "ref")
	if q.chance(30) {
		from, to = to, from
	}
	return fmt.Sprintf("[%s%s %s %s]", src, from, q.pick(refs...), to)
}

// core is patterns of a shape: cycles, where patterns meet in each variable, chains and stars.
func (q *asker) core() []string {
	v := pools["ref"]
	switch q.pick("triangle", "square", "chain", "star", "diamond") {
	case "triangle":
		return []string{q.edge(v[0], v[1]), q.edge(v[1], v[2]), q.edge(v[0], v[2])}
	case "square":
		return []string{q.edge(v[0], v[1]), q.edge(v[1], v[2]), q.edge(v[2], v[3]), q.edge(v[3], v[0])}
	case "diamond":
		return []string{q.edge(v[0], v[1]), q.edge(v[0], v[2]), q.edge(v[1], v[3]), q.edge(v[2], v[3]), q.edge(v[1], v[2])}
	case "chain":
		return []string{q.edge(v[0], v[1]), q.edge(v[1], v[2]), q.edge(v[2], v[3])}
	}
	e := q.some("ref")
	var list []string
	for range 2 + q.IntN(3) {
		src, d := q.source()
		a := pickOf(q.writer, d.attrs)
		list = append(list, fmt.Sprintf("[%s%s %s %s]", src, e, a.ident, q.object(d, a)))
	}
	return list
}

// bounded is a pattern whose value is compared with something known.
func (q *asker) bounded() []string {
	src, d := q.source()
	a := pickOf(q.writer, d.attrs)
	if a.kind == "ref" || a.kind == "tuple" || a.kind == "boolean" {
		a = d.attr(":b/n")
	}
	v, known := q.fresh(a.kind), q.value(d, a)
	if len(q.bound) > 0 && q.chance(20) {
		known = q.known(a.kind)
	}
	args := q.pick(v+" "+known, known+" "+v, known+" "+v+" "+known)
	return []string{fmt.Sprintf("[%s%s %s %s]", src, q.some("ref"), a.ident, v), fmt.Sprintf("[(%s %s)]", q.pick("<", "<=", ">", ">=", "=", "!="), args)}
}

// tuple is a pattern over a collection.
func (q *asker) tuple() string {
	return fmt.Sprintf("[$c %s %s]", q.some("ref"), q.either(50, func() string { return q.some("long") }, q.pick("_", "1", ":x")))
}

// transaction asks what a transaction did, or when it was.
func (q *asker) transaction() []string {
	_, d := q.source()
	a := pickOf(q.writer, d.attrs)
	list := []string{fmt.Sprintf("[%s %s %s %s]", q.some("ref"), a.ident, q.object(d, a), q.bind("?tx", "tx"))}
	if q.chance(60) {
		list = append(list, fmt.Sprintf("[?tx :db/txInstant %s]", q.either(60, func() string { return q.fresh("instant") }, "_")))
	}
	return list
}

// anyAttribute is a pattern whose attribute is a variable, or a blank.
func (q *asker) anyAttribute() []string {
	src, d := q.source()
	p := q.either(70, func() string { return q.some("attr") }, "_")
	list := []string{fmt.Sprintf("[%s%s %s %s]", src, q.subject(d), p, q.object(d, pickOf(q.writer, d.attrs)))}
	if p != "_" && q.chance(40) {
		list = append(list, fmt.Sprintf("[(ground [%s %s]) [%s ...]]", q.pick(refs...), pickOf(q.writer, d.attrs).ident, p))
	}
	return list
}
