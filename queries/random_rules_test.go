package queries_test

import (
	"fmt"
	"slices"
	"strings"
)

// ruleset is random rules.
type ruleset struct {
	names    []string
	arity    map[string]int
	required map[string]bool // whether the first argument must be bound
	branches []string
}

func (r *ruleset) String() string { return rulesText(r.branches) }

func rulesText(branches []string) string { return "[" + strings.Join(branches, "\n ") + "]" }

// ruleset makes a few rules, of every kind of recursion. Later ones call earlier ones.
func (w writer) ruleset(d *world) *ruleset {
	r := &ruleset{arity: map[string]int{}, required: map[string]bool{}}
	for _, name := range []string{"p", "q", "r"}[:1+w.IntN(3)] {
		w.rule(d, r, name)
	}
	return r
}

func (r *ruleset) add(name string, arity int, head string, bodies ...string) {
	if !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
	r.arity[name] = arity
	for _, b := range bodies {
		r.branches = append(r.branches, fmt.Sprintf("[(%s %s) %s]", name, head, b))
	}
}

// rule adds a rule, of two parameters mostly.
func (w writer) rule(d *world, r *ruleset, name string) {
	earlier := slices.Clone(r.names)
	switch w.pick("path", "path", "path", "path", "path", "path", "mutual", "counter", "labelled", "class", "plain", "guarded") {
	case "mutual":
		other := name + "2"
		r.add(name, 2, "?x ?y", w.base("?x", "?y"), fmt.Sprintf("%s (%s ?z ?y)", w.base("?x", "?z"), other))
		r.add(other, 2, "?x ?y", fmt.Sprintf("%s (%s ?z ?y)", w.base("?x", "?z"), name))
		if w.chance(30) {
			r.add(other, 2, "?x ?y", w.base("?y", "?x"))
		}
	case "counter":
		r.required[name] = true
		r.add(name, 2, "[?x] ?y", "[(+ ?x 1) ?y] [(< ?y 7)]", fmt.Sprintf("[(+ ?x 1) ?z] [(< ?z 7)] (%s ?z ?y)", name))
	case "guarded":
		r.required[name] = true
		r.add(name, 2, "[?x] ?y", fmt.Sprintf("(or-join [[?x] ?y] [?x :b/r ?y] (and [?x :b/l ?z] [(!= ?z ?x)] (%s ?z ?y)))", name))
	case "labelled":
		r.add(name, 3, "?x ?l ?y", w.base("?x", "?y")+" [?x :b/n ?l]", fmt.Sprintf("%s (%s ?z ?l ?y)", w.base("?x", "?z"), name))
	case "class":
		r.add(name, 1, "?x", fmt.Sprintf("[?x %s _]", w.pick(":b/n", ":b/r", ":b/x")))
		if w.chance(60) {
			r.add(name, 1, "?x", fmt.Sprintf("%s (%s ?z)", w.base("?x", "?z"), name))
		}
	case "plain":
		r.add(name, 2, "?x ?y", w.base("?x", "?y"))
		if len(earlier) > 0 && r.arity[earlier[0]] == 2 && !r.required[earlier[0]] {
			r.add(name, 2, "?x ?y", w.base("?x", "?y")+fmt.Sprintf(" (not (%s ?y ?x))", earlier[0]), fmt.Sprintf("(%s ?x ?z) %s", earlier[0], w.base("?z", "?y")))
		}
	default:
		for range 1 + min(w.IntN(3), w.IntN(3)) {
			r.add(name, 2, "?x ?y", w.base("?x", "?y"))
		}
		for range 1 + min(w.IntN(3), w.IntN(3)) {
			r.add(name, 2, "?x ?y", w.recursive(name))
		}
	}
}

// base is what leads from one variable to another without recursion.
func (w writer) base(x, y string) string {
	a := w.pick(":b/r", ":b/r", ":b/r", ":b/l", ":b/o", ":b/n", ":b/m")
	switch n := w.IntN(100); {
	case n < 60:
		return fmt.Sprintf("[%s %s %s]", x, a, y)
	case n < 75:
		return fmt.Sprintf("[%s %s %s]", y, w.pick(refs...), x)
	case n < 82:
		return fmt.Sprintf("[%s %s %s] [%s %s _]", x, a, y, x, w.pick(":b/n", ":b/x", ":b/y"))
	case n < 88:
		return fmt.Sprintf("(or [%s :b/r %s] [%s :b/o %s])", x, y, x, y)
	case n < 94:
		return fmt.Sprintf("[%s %s %s] [(!= %s %s)]", x, a, y, x, y)
	case n < 97:
		return fmt.Sprintf("[%s :b/r ?mid] [?mid :b/o %s]", x, y)
	}
	return fmt.Sprintf("[%s %s %s] (not [%s :b/l %s])", x, a, y, y, x)
}

// recursive is a branch that calls its own rule.
func (w writer) recursive(name string) string {
	edge := w.base
	switch w.pick("right", "right", "right", "left", "left", "non-linear", "turned", "constant", "self", "filtered", "generation", "through or", "blank") {
	case "left":
		return fmt.Sprintf("(%s ?x ?z) %s", name, edge("?z", "?y"))
	case "non-linear":
		return fmt.Sprintf("(%s ?x ?z) (%s ?z ?y)", name, name)
	case "turned":
		return fmt.Sprintf("(%s ?y ?x)", name)
	case "constant":
		return fmt.Sprintf("(%s 1 ?x) %s", name, edge("?x", "?y"))
	case "self":
		return fmt.Sprintf("(%s ?x ?x) %s", name, edge("?x", "?y"))
	case "filtered":
		return fmt.Sprintf("%s (%s ?z ?y) [(%s ?x ?y)]", edge("?x", "?z"), name, w.pick("!=", "<", "<="))
	case "generation":
		return fmt.Sprintf("%s (%s ?u ?z) %s", edge("?u", "?x"), name, edge("?z", "?y"))
	case "through or":
		return fmt.Sprintf("(or-join [?x ?z] [?x :b/r ?z] [?z :b/l ?x]) (%s ?z ?y)", name)
	case "blank":
		return fmt.Sprintf("(%s ?x _) %s", name, edge("?x", "?y"))
	}
	return fmt.Sprintf("%s (%s ?z ?y)", edge("?x", "?z"), name)
}

// ruleCall calls a rule, with variables, constants and blanks.
func (q *asker) ruleCall() string {
	name := q.pick(q.rules.names...)
	args := make([]string, q.rules.arity[name])
	for i := range args {
		switch n := q.IntN(100); {
		case i == 0 && q.rules.required[name]:
			args[i] = q.either(40, func() string { return q.known("long") }, q.pick("1", "2"))
		case n < 70:
			args[i] = q.some("ref")
		case n < 88:
			args[i] = q.entity(q.here)
		default:
			args[i] = "_"
		}
	}
	src, _ := q.source()
	return fmt.Sprintf("(%s%s %s)", src, name, words(args...))
}
