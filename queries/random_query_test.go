package queries_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// testRules are rules of every kind of recursion.
const testRules = `[
 [(likes ?x ?y) [?x :a/r ?y]]
 [(likes ?x ?y) [?x :a/o ?y]]
 [(right ?x ?y) [?x :a/r ?y]]
 [(right ?x ?y) [?x :a/r ?z] (right ?z ?y)]
 [(left ?x ?y) [?x :a/r ?y]]
 [(left ?x ?y) (left ?x ?z) [?z :a/r ?y]]
 [(both ?x ?y) (likes ?x ?y)]
 [(both ?x ?y) (both ?x ?z) (both ?z ?y)]
 [(odd ?x ?y) [?x :a/r ?y]]
 [(odd ?x ?y) [?x :a/r ?z] (even ?z ?y)]
 [(even ?x ?y) [?x :a/r ?z] (odd ?z ?y)]
 [(among ?x ?y) (or-join [?x ?y] [?x :a/o ?y] (and [?x :a/o ?z] (among ?z ?y)))]
 [(alone ?x) [?x :a/n _] (not (right ?x _))]
 [(more [?x] ?y) [(+ ?x 1) ?y] [(< ?y 7)]]
 [(more [?x] ?y) [(+ ?x 1) ?z] [(< ?z 7)] (more ?z ?y)]
 [(older ?x ?n) [?x :a/n ?m] [(< ?n ?m)]]
 [(to2 ?x) (right ?x 2)]
 [(mix ?x ?y) [?x :a/r ?y]]
 [(mix ?x ?y) (mix 1 ?x) [?x :a/o ?y]]
 [(self ?x ?y) [?x :a/r ?y]]
 [(self ?x ?y) (self ?x ?x) [?x :a/m ?y]]
 [(apart ?x ?y) [?x :a/n _] [?y :a/n _] (not-join [?x ?y] (both ?x ?z) (both ?z ?y))]]`

var ruleArity = map[string]int{
	"likes": 2, "right": 2, "left": 2, "both": 2, "odd": 2, "even": 2, "among": 2, "alone": 1, "more": 2, "older": 2, "to2": 1, "apart": 2, "mix": 2, "self": 2,
}

// rulesFor is the rules that clauses call, and those that these call.
func rulesFor(clauses string) edn.Value {
	called := map[string]bool{}
	for again := true; again; {
		again = false
		for name, branches := range rulesByName {
			if !called[name] && strings.Contains(clauses, name+" ") {
				called[name], again = true, true
				clauses += fmt.Sprint(branches)
			}
		}
	}
	var rules []edn.Value
	for name := range called {
		rules = append(rules, rulesByName[name]...)
	}
	return edn.MakeVector(rules...)
}

var rulesByName = func() map[string][]edn.Value {
	rules := map[string][]edn.Value{}
	for _, branch := range parse(testRules).Items() {
		name := branch.Items()[0].Items()[0].Text()
		rules[name] = append(rules[name], branch)
	}
	return rules
}()

// writer makes up a query.
type writer struct {
	*rand.Rand
	vars  []string // that positive clauses have
	used  []string // in the clause that is being written
	depth int
}

func (w *writer) pick(from ...string) string { return from[w.IntN(len(from))] }

func (w *writer) chance(percent int) bool { return w.IntN(100) < percent }

var (
	pool  = []string{"?a", "?b", "?c"}
	texts = []string{"?s", "?k"} // mostly for values that are no numbers
)

// number tells the attributes whose values are among the ids of entities.
func number(attribute string) bool {
	return slices.Contains([]string{":a/n", ":a/m", ":a/r", ":a/o"}, attribute)
}

// valueVar is a variable for the value of an attribute.
func (w *writer) valueVar(attribute string) string {
	if number(attribute) || w.chance(10) {
		return w.note(w.anyVar())
	}
	return w.note(w.pick(texts...))
}

// boundVar is a variable that is there, if any is.
func (w *writer) boundVar() string {
	if len(w.vars) == 0 || w.chance(4) {
		return w.anyVar()
	}
	v := w.pick(w.vars...)
	w.used = append(w.used, v)
	return v
}

// anyVar is a variable, mostly one that is there already and not yet in this clause.
func (w *writer) anyVar() string {
	from := pool
	if len(w.vars) > 0 && w.chance(60) {
		from = w.vars
	}
	if others := without(from, w.used); len(others) > 0 && !w.chance(7) {
		from = others
	}
	v := w.pick(from...)
	w.used = append(w.used, v)
	return v
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(drop, v) })
}

func (w *writer) note(term string) string {
	if strings.HasPrefix(term, "?") && !slices.Contains(w.vars, term) {
		w.vars = append(w.vars, term)
	}
	return term
}

func (w *writer) constant() string {
	return w.pick("0", "1", "2", "3", "1.0", "0.5", `"x"`, `"y"`, ":x", ":a/n", `[:a/u "u1"]`)
}

func (w *writer) source() string { return w.pick("", "", "", "$ ", "$b ") }

// pattern is a pattern over a database.
func (w *writer) pattern() string {
	e := w.pick("var", "var", "var", "var", "var", "var", "var", "var", "const", "const", "_", "lookup")
	switch e {
	case "var":
		e = w.note(w.anyVar())
	case "const":
		e = w.entity()
	case "lookup":
		e = `[:a/u "u2"]`
	}
	a := w.pick(attributes...)
	plain := a
	if w.chance(8) {
		a = w.note(w.anyVar())
	}
	v := w.pick("var", "var", "var", "var", "var", "const", "_", "any")
	switch {
	case v == "var":
		v = w.valueVar(plain)
	case v == "any":
		v = w.constant()
		if a == plain && (a == ":a/r" || a == ":a/o") {
			v = `[:a/u "u1"]`
		}
	case v == "const" && values[plain] != nil:
		v = values[plain](w)
	case v == "const":
		v = `"u1"`
	}
	text := fmt.Sprintf("[%s%s %s %s", w.source(), e, a, v)
	if w.chance(15) {
		text += " " + w.note(w.anyVar())
		if w.chance(50) {
			text += " " + w.pick("true", "false", "?op")
		}
	}
	return text + "]"
}

// bounded is a pattern whose value is compared with something known.
func (w *writer) bounded() string {
	a := w.pick(":a/n", ":a/n", ":a/m", ":a/d", ":a/s")
	v := w.note(w.pick("?v", w.anyVar()))
	known := values[a](w)
	if len(w.vars) > 0 && w.chance(20) {
		known = w.boundVar()
	}
	args := w.pick(v+" "+known, known+" "+v, known+" "+v+" "+known)
	return fmt.Sprintf("[%s%s %s %s] [(%s %s)]", w.source(), w.note(w.anyVar()), a, v, w.pick("<", "<=", ">", ">="), args)
}

func (w *writer) tuplePattern() string {
	return fmt.Sprintf("[$c %s %s]", w.note(w.anyVar()), w.pick(w.note(w.anyVar()), "_", "1", ":x"))
}

func (w *writer) predicate() string {
	op := w.pick("=", "!=", "not=", "<", "<=", ">", ">=")
	switch w.pick("vars", "const", "const", "three", "missing", "not") {
	case "vars":
		return fmt.Sprintf("[(%s %s %s)]", op, w.boundVar(), w.boundVar())
	case "three":
		return fmt.Sprintf("[(%s 0 %s 3)]", op, w.boundVar())
	case "missing":
		return fmt.Sprintf("[(missing? $ %s %s)]", w.boundVar(), w.pick(attributes...))
	case "not":
		return fmt.Sprintf("[((complement =) %s %s)]", w.boundVar(), w.constant())
	}
	return fmt.Sprintf("[(%s %s %s)]", op, w.boundVar(), w.pick("1", "2", "1.5", `"x"`))
}

func (w *writer) function() string {
	x := w.boundVar()
	out := w.anyVar()
	switch w.pick("plus", "str", "vector", "identity", "ground", "range", "get-else", "get-some", "q") {
	case "plus":
		return fmt.Sprintf("[(+ %s 1) %s]", x, w.note(out))
	case "str":
		return fmt.Sprintf("[(str %s) %s]", x, w.note(out))
	case "vector":
		return fmt.Sprintf("[(vector %s 1) [%s %s]]", x, w.note(out), w.pick("_", w.note(w.boundVar())))
	case "identity":
		return fmt.Sprintf("[(identity %s) %s]", x, w.note(out))
	case "ground":
		return fmt.Sprintf("[(ground [1 2 :x]) [%s ...]]", w.note(out))
	case "range":
		return fmt.Sprintf("[(range %s) [%s ...]]", x, w.note(out))
	case "get-else":
		return fmt.Sprintf("[(get-else $ %s %s 1) %s]", x, w.pick(attributes...), w.note(out))
	case "get-some":
		return fmt.Sprintf("[(get-some $ %s :a/n :a/s) [_ %s]]", x, w.note(out))
	}
	return fmt.Sprintf("[(q [:find ?v :in $ ?e :where [?e :a/m ?v]] $ %s) [[%s]]]", x, w.note(out))
}

func (w *writer) ruleCall() string {
	name := w.pick("likes", "right", "left", "both", "odd", "even", "among", "alone", "more", "older", "to2", "apart", "mix", "self")
	args := make([]string, ruleArity[name])
	for i := range args {
		args[i] = w.pick("var", "var", "var", "1", "2", "_")
		if args[i] == "var" {
			args[i] = w.note(w.anyVar())
		}
	}
	return fmt.Sprintf("(%s%s %s)", w.source(), name, strings.Join(args, " "))
}

// about is a pattern over the variables and no other.
func (w *writer) about(vars ...string) string {
	a := w.pick(attributes...)
	if len(vars) > 1 {
		a = w.pick(":a/n", ":a/m", ":a/r", ":a/o")
		return fmt.Sprintf("[%s%s %s %s]", w.source(), vars[0], a, vars[1])
	}
	if w.chance(30) && number(a) {
		return fmt.Sprintf("[%s_ %s %s]", w.source(), a, vars[0])
	}
	return fmt.Sprintf("[%s%s %s _]", w.source(), vars[0], a)
}

// nested makes up to n more clauses for the inside of another; with closed, they have the variables vars only.
func (w *writer) nested(n int, closed bool, vars ...string) string {
	inner := &writer{Rand: w.Rand, vars: slices.Clone(vars), depth: w.depth + 1}
	var parts []string
	for range w.IntN(n + 1) {
		switch {
		case closed && w.chance(30):
			parts = append(parts, fmt.Sprintf("[(%s %s %s)]", w.pick("=", "!=", "<"), vars[0], w.pick("1", "2")))
		case closed && w.chance(30):
			parts = append(parts, "(not "+w.about(vars[0])+")")
		case closed:
			parts = append(parts, w.about(vars...))
		default:
			parts = append(parts, inner.clause())
		}
	}
	return strings.Join(parts, " ")
}

// branches makes (or …) or (or-join …) of two branches that have the same variables.
func (w *writer) branches(join bool) string {
	vars := []string{w.note(w.anyVar())}
	if w.chance(50) {
		if v := w.anyVar(); v != vars[0] {
			vars = append(vars, w.note(v))
		}
	}
	head := "or"
	if join {
		head = fmt.Sprintf("or-join [%s]", strings.Join(vars, " "))
	}
	return fmt.Sprintf("(%s (and %s %s) (and %s %s))", head, w.about(vars...), w.nested(2, !join, vars...), w.about(vars...), w.nested(2, !join, vars...))
}

func (w *writer) clause() string {
	w.used = nil
	kinds := []string{"pattern", "pattern", "pattern", "pattern", "bounded", "tuple", "predicate", "function", "rule", "rule"}
	if w.depth < 2 {
		kinds = append(kinds, "not", "not-join", "or", "or-join")
	}
	switch w.pick(kinds...) {
	case "bounded":
		return w.bounded()
	case "tuple":
		return w.tuplePattern()
	case "predicate":
		return w.predicate()
	case "function":
		return w.function()
	case "rule":
		return w.ruleCall()
	case "not":
		v := w.boundVar()
		return fmt.Sprintf("(%snot %s %s)", w.source(), w.about(v), w.nested(2, false, v))
	case "not-join":
		v := w.boundVar()
		return fmt.Sprintf("(not-join [%s] %s %s)", v, w.about(v), w.nested(2, false, v))
	case "or":
		return w.branches(false)
	case "or-join":
		return w.branches(true)
	}
	return w.pattern()
}

// arguments are what a query may have in :in besides sources and rules, with values for it.
var arguments = map[string]string{
	" ?i": "1", " [?a ...]": `[1 2 3.5 [:a/u "u1"]]`, " [[?a ?b]]": "[[1 2] [2 1] [3 3]]", " [[?s ?a]]": `[[:x 1] ["x" 2] [1.0 :a/n]]`, " ?a": `[:a/u "u1"]`,
}

// query makes a query: what comes before the clauses, a value for its argument, the clauses, and the same in another order.
func (w *writer) query() (head, arg string, clauses, shuffled []string) {
	in := w.pick("", "", "", "", "", " ?i", " [?a ...]", " [[?a ?b]]", " [[?s ?a]]", " ?a")
	for _, v := range append([]string{"?s"}, pool...) {
		if strings.Contains(in, v) {
			w.note(v)
		}
	}
	for range 1 + min(w.IntN(5), w.IntN(5)) {
		clauses = append(clauses, w.clause())
	}
	shuffled = slices.Clone(clauses)
	w.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return fmt.Sprintf("[:find %s :in $ $b $c %%%s :where ", w.find(), in), arguments[in], clauses, shuffled
}

func (w *writer) find() string {
	if len(w.vars) == 0 {
		return "?a"
	}
	vars := slices.Clone(w.vars)
	w.Shuffle(len(vars), func(i, j int) { vars[i], vars[j] = vars[j], vars[i] })
	vars = vars[:1+w.IntN(min(3, len(vars)))]
	switch w.pick("rel", "rel", "rel", "coll", "count", "distinct", "with") {
	case "coll":
		return "[" + vars[0] + " ...]"
	case "count":
		return strings.Join(vars[1:], " ") + " (count " + vars[0] + ")"
	case "distinct":
		return strings.Join(vars[1:], " ") + " (distinct " + vars[0] + ")"
	case "with":
		if len(vars) > 1 {
			return vars[0] + " (count " + vars[0] + ") :with " + strings.Join(vars[1:], " ")
		}
	}
	return strings.Join(vars, " ")
}
