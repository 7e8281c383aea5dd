package queries_test

import (
	"slices"
	"strings"
)

// pools are the variables for values of each kind. There are few, so that clauses share them.
var pools = map[string][]string{
	"ref": {"?a", "?b", "?c", "?d"}, "long": {"?i", "?j", "?a"}, "bigint": {"?i", "?h"}, "string": {"?s", "?t"}, "keyword": {"?k"}, "tx": {"?tx"},
	"attr": {"?p", "?k"}, "op": {"?op"}, "double": {"?f", "?g"}, "float": {"?f", "?g"}, "tuple": {"?v"}, "instant": {"?when", "?v"},
}

func pool(kind string) []string {
	if p, ok := pools[kind]; ok {
		return p
	}
	return []string{"?v", "?w"}
}

// vars are the variables of a query as it is made up.
type vars struct {
	writer
	bound []string          // by clauses that bind them
	kinds map[string]string // what they are bound to
	used  []string          // in the clause that is being written
}

func newVars(w writer) *vars { return &vars{writer: w, kinds: map[string]string{}} }

// some is a variable for values of a kind, mostly one that is there already and not in this clause. It is bound from now on.
func (q *vars) some(kind string) string {
	from := pool(kind)
	if q.chance(4) {
		from = slices.Concat(pools["ref"], pools["long"], pools["string"])
	}
	if old := common(from, q.bound); len(old) > 0 && q.chance(60) {
		from = old
	}
	if others := without(from, q.used); len(others) > 0 && !q.chance(7) {
		from = others
	}
	return q.bind(q.pick(from...), kind)
}

// fresh is a variable that is not bound yet, if there is one left.
func (q *vars) fresh(kind string) string {
	if others := without(pool(kind), q.bound); len(others) > 0 {
		return q.bind(q.pick(others...), kind)
	}
	return q.some(kind)
}

func (q *vars) bind(v, kind string) string {
	q.used = append(q.used, v)
	if !slices.Contains(q.bound, v) {
		q.bound = append(q.bound, v)
		q.kinds[v] = kind
	}
	return v
}

// known is a variable that is bound, to a value of the kind if there is one. Now and then it is one that is bound nowhere.
func (q *vars) known(kind string) string {
	from := q.bound
	if len(from) == 0 || q.chance(2) {
		from = pool(kind)
	} else if same := common(pool(kind), q.bound); len(same) > 0 && kind != "" {
		from = same
	}
	v := q.pick(from...)
	q.used = append(q.used, v)
	return v
}

// inner is for the clauses within another, which see the variables but bind none of them.
func (q *vars) inner(seen ...string) *vars {
	in := newVars(q.writer)
	for _, v := range seen {
		in.bind(v, q.kinds[v])
	}
	return in
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(v string) bool { return !slices.Contains(b, v) })
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(drop, v) })
}

// numeric tells whether a variable is bound to numbers.
func (q *vars) numeric(v string) bool {
	return slices.Contains([]string{"long", "double", "float", "bigint", "ref", "bigdec"}, q.kinds[v])
}

func words(list ...string) string { return strings.Join(list, " ") }
