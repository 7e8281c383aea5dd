package exec

import (
	"fmt"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// Rules are run for the arguments that they are called with. A node is a rule
// with some of its parameters known: its demand is the set of values that they were asked
// for with, its answers are the tuples derived for those. Each branch becomes ways to
// derive: answers from the demand and all clauses; and, for each call of the rule's own
// group, the demand of that call from the clauses before it (the magic sets of Bancilhon
// and Beeri). All ways of a group are run semi-naively: one of the sets in a
// way gives its news of the round, the others all they have, until there are no news.

// rules is what was made of the rules of a program so far.
type rules struct {
	nodes    map[string]*node
	groups   map[int][]*node
	branches map[*logic.Rule][]logic.Branch // with what is recursive taken out of ors
	closures map[*logic.Rule]*closure       // nil for a rule that is none
	sizes    map[*logic.Rule]int
	inlined  map[*logic.RuleCall][]logic.Clause
	names    int // of new variables, so far
}

func newRules() *rules {
	return &rules{
		nodes: map[string]*node{}, groups: map[int][]*node{}, branches: map[*logic.Rule][]logic.Branch{}, closures: map[*logic.Rule]*closure{},
		sizes: map[*logic.Rule]int{}, inlined: map[*logic.RuleCall][]logic.Clause{},
	}
}

// node is a rule with some parameters known.
type node struct {
	rule    *logic.Rule
	known   []bool
	demand  *set
	answers *set
	walk    *set // of a linear rule; else nil
	ways    []*way
}

func (n *node) sets() []*set {
	if n.walk == nil {
		return []*set{n.demand, n.answers}
	}
	return []*set{n.demand, n.answers, n.walk}
}

// way derives tuples of a set from clauses, some of which are sets that grow.
type way struct {
	target *set
	args   []lang.Term // of the tuple
	body   []logic.Clause
	grows  []int // the places of the sets in body
}

// node finds or makes a node.
func (r *run) node(rule *logic.Rule, known []bool) (*node, error) {
	key := fmt.Sprintf("%p%v", rule, known)
	if n, ok := r.rules.nodes[key]; ok {
		return n, nil
	}
	n := &node{rule: rule, known: known, answers: r.newSet(rule.Name, len(known)), demand: r.newSet("asked of "+rule.Name, count(known))}
	r.rules.nodes[key] = n
	r.rules.groups[rule.Group] = append(r.rules.groups[rule.Group], n)
	branches, err := r.lifted(rule)
	if err != nil {
		return nil, err
	}
	if linear(n, branches) {
		r.addWalk(n, branches)
		return n, nil
	}
	for _, b := range branches {
		if err := r.addWays(n, b); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func count(known []bool) int {
	n := 0
	for _, k := range known {
		if k {
			n++
		}
	}
	return n
}

// pick leaves the terms at known places.
func pick(args []lang.Term, known []bool) []lang.Term {
	var out []lang.Term
	for i, t := range args {
		if known[i] {
			out = append(out, t)
		}
	}
	return out
}

func varTerms(vars []lang.Var) []lang.Term {
	out := make([]lang.Term, len(vars))
	for i, v := range vars {
		out[i] = lang.Term{Kind: lang.Variable, Var: v}
	}
	return out
}

// addWays makes the ways of one branch.
func (r *run) addWays(n *node, b logic.Branch) error {
	head := varTerms(b.Head)
	body := []logic.Clause{&derived{n.demand, pick(head, n.known)}}
	for _, c := range order(b, n) {
		call, ok := c.(*logic.RuleCall)
		if !ok || call.Rule.Group != n.rule.Group {
			body = append(body, c)
			continue
		}
		known := passed(call, n, bodyVars(body))
		callee, err := r.node(call.Rule, known)
		if err != nil {
			return err
		}
		before := body
		if count(known) == 0 {
			before = body[:1]
		}
		n.ways = append(n.ways, newWay(callee.demand, pick(call.Args, known), before))
		body = append(body, &derived{callee.answers, call.Args})
	}
	n.ways = append(n.ways, newWay(n.answers, head, body))
	return nil
}

func newWay(target *set, args []lang.Term, body []logic.Clause) *way {
	w := &way{target: target, args: args, body: append([]logic.Clause{}, body...)}
	for i, c := range w.body {
		if _, ok := c.(*derived); ok {
			w.grows = append(w.grows, i)
		}
	}
	return w
}

// solve runs the ways of a group until there are no news.
func (r *run) solve(group int) error {
	r.plan.quiet++
	defer func() { r.plan.quiet-- }()
	for {
		news := false
		for _, n := range r.rules.groups[group] {
			for _, s := range n.sets() {
				s.advance()
				news = news || s.news()
			}
		}
		if !news {
			return nil
		}
		for _, n := range r.rules.groups[group] {
			for _, w := range n.ways {
				if err := r.follow(w); err != nil {
					return err
				}
			}
		}
	}
}

// follow runs a way once for each set in it that has news.
func (r *run) follow(w *way) error {
	for _, i := range w.grows {
		d := w.body[i].(*derived)
		if !d.set.news() {
			continue
		}
		rest := append(append([]logic.Clause{}, w.body[:i]...), w.body[i+1:]...)
		news, err := r.news(d)
		if err != nil {
			return err
		}
		found, err := r.body(news, rest, lang.TermVars(nil, w.args))
		if err != nil {
			return err
		}
		if err := r.addAll(w, found); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) addAll(w *way, found *rel) error {
	tuple := make([]term, len(w.args))
	reads := make([]func(int) term, len(w.args))
	for i, t := range w.args {
		reads[i] = r.terms(found, t)
	}
	for row := range found.n {
		for i, read := range reads {
			tuple[i] = read(row)
		}
		if err := r.addTuple(w.target, tuple); err != nil {
			return err
		}
	}
	return nil
}

// ruleCall asks a rule for the values that its arguments have, and joins what it answers.
func (r *run) ruleCall(now *rel, c *logic.RuleCall, keep []lang.Var, s *Step) (*rel, error) {
	if out, ok, err := r.walks(now, c, keep, s); ok || err != nil {
		return out, err
	}
	known := r.askedBy(now, c)
	n, err := r.node(c.Rule, known)
	if err != nil {
		return nil, err
	}
	args := pick(c.Args, known)
	values := r.project(now, lang.TermVars(nil, args))
	if err := r.addAll(&way{target: n.demand, args: args}, values); err != nil {
		return nil, err
	}
	if err := r.solve(c.Rule.Group); err != nil {
		return nil, err
	}
	s.Index = fmt.Sprintf("asked for %d, derived %d", n.demand.n(), n.answers.n())
	return r.derived(now, &derived{n.answers, c.Args}, keep)
}

// askedBy tells which parameters a rule is asked for by. One that calls itself is asked for by what it requires
// and one more at most: for pairs it would derive more than for single values.
func (r *run) askedBy(now *rel, c *logic.RuleCall) []bool {
	known := append([]bool{}, c.Rule.Required...)
	best, fewest := -1, now.n+1
	for i, t := range c.Args {
		bound := t.Kind == lang.Constant || t.Kind == lang.Variable && now.has(t.Var)
		switch {
		case !bound || known[i]:
		case !c.Rule.Loops:
			known[i] = true
		case t.Kind == lang.Constant:
			best, fewest = i, 0
		default:
			if n := r.project(now, []lang.Var{t.Var}).n; n < fewest {
				best, fewest = i, n
			}
		}
	}
	if best >= 0 {
		known[best] = true
	}
	return known
}
