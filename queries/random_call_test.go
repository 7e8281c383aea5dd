package queries_test

import "fmt"

func (q *asker) predicate() string {
	op := q.pick("=", "!=", "not=", "<", "<=", ">", ">=", "==")
	x := q.known("")
	kind := q.kinds[x]
	switch q.pick("vars", "constant", "constant", "three", "missing", "not", "test") {
	case "vars":
		return fmt.Sprintf("[(%s %s %s)]", op, x, q.known(kind))
	case "three":
		return fmt.Sprintf("[(%s 0 %s 3)]", op, q.known("long"))
	case "missing":
		return fmt.Sprintf("[(missing? $ %s %s)]", q.known("ref"), pickOf(q.writer, q.here.attrs).ident)
	case "not":
		return fmt.Sprintf("[((complement =) %s %s)]", x, q.literal(kind))
	case "test":
		if q.numeric(x) {
			return fmt.Sprintf("[(%s %s)]", q.pick("zero?", "pos?", "neg?"), x)
		}
		return fmt.Sprintf("[(%s %s)]", q.pick("some?", "nil?", "true?", "false?"), x)
	}
	return fmt.Sprintf("[(%s %s %s)]", op, x, q.literal(kind))
}

// literal is a value of a kind, or of any.
func (q *asker) literal(kind string) string {
	if kind == "ref" || kind == "tx" {
		kind = "long"
	}
	if kinds[kind] == nil || kind == "symbol" || kind == "tuple" || q.chance(5) {
		kind = q.pick("long", "string", "keyword")
	}
	return q.pick(kinds[kind]...)
}

func (q *asker) function() string {
	x := q.known("")
	a := pickOf(q.writer, q.here.attrs)
	switch q.pick("plus", "times", "str", "vector", "identity", "ground", "ground pairs", "range", "get-else", "get-else", "get-some", "tuple", "compare", "count") {
	case "plus":
		return fmt.Sprintf("[(%s %s 1) %s]", q.pick("+", "-"), q.known("long"), q.some("long"))
	case "times":
		return fmt.Sprintf("[(* %s 2) %s]", q.known("double"), q.some("double"))
	case "str":
		return fmt.Sprintf("[(str %s) %s]", x, q.some("string"))
	case "vector":
		return fmt.Sprintf("[(vector %s 1) [%s %s]]", x, q.some(q.kinds[x]), q.either(50, func() string { return q.known("long") }, "_"))
	case "identity":
		return fmt.Sprintf("[(identity %s) %s]", x, q.some(q.kinds[x]))
	case "ground":
		return fmt.Sprintf("[(ground [1 2 3]) [%s ...]]", q.some(q.pick("ref", "long")))
	case "ground pairs":
		return fmt.Sprintf("[(ground [[1 2] [2 3] [3 1]]) [[%s %s]]]", q.some("ref"), q.some("ref"))
	case "range":
		return fmt.Sprintf("[(range 1 %s) [%s ...]]", q.either(40, func() string { return q.known("long") }, "4"), q.some("long"))
	case "get-else":
		return fmt.Sprintf("[(get-else $ %s %s %s) %s]", q.known("ref"), a.ident, q.literal(a.kind), q.some(a.kind))
	case "get-some":
		return fmt.Sprintf("[(get-some $ %s %s %s) [_ %s]]", q.known("ref"), a.ident, pickOf(q.writer, q.here.attrs).ident, q.some(a.kind))
	case "tuple":
		return fmt.Sprintf("[(tuple %s %s) %s]", q.known("long"), q.known("long"), q.some("tuple"))
	case "compare":
		return fmt.Sprintf("[(compare %s %s) %s]", x, q.known(q.kinds[x]), q.some("long"))
	}
	return fmt.Sprintf("[(count [%s %s]) %s]", x, q.known(""), q.some("long"))
}
