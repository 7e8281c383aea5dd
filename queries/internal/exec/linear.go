package exec

import (
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// A rule such as reach(x,y) :- edge(x,z), reach(z,y), asked for by x, hands y
// through from the call to its head. Then the answers for every z on the way are of no
// interest: it is enough to walk from what was asked for and to collect what the
// branches without a call give at each place. The tuples of the walk are where it began and where it is.

// linear tells whether all branches of a rule either do not call the rule's group
// or call the rule itself once and hand through what is not known.
func linear(n *node, branches []logic.Branch) bool {
	if count(n.known) == 0 {
		return false
	}
	for _, b := range branches {
		if call, rest := ownCall(n, b); call != nil && !handsThrough(n, b, call, rest) || call == nil && rest == nil {
			return false
		}
	}
	return true
}

// ownCall splits a branch into its call of the rule's group and the other clauses.
// Both are nil when there are several calls, or one of another rule.
func ownCall(n *node, b logic.Branch) (call *logic.RuleCall, rest []logic.Clause) {
	for _, c := range b.Body {
		own, ok := c.(*logic.RuleCall)
		if !ok || own.Rule.Group != n.rule.Group {
			rest = append(rest, c)
			continue
		}
		if call != nil || own.Rule != n.rule {
			return nil, nil
		}
		call = own
	}
	return call, rest
}

func handsThrough(n *node, b logic.Branch, call *logic.RuleCall, rest []logic.Clause) bool {
	elsewhere := lang.TermVars(bodyVars(rest), pick(call.Args, n.known))
	for i, t := range call.Args {
		if n.known[i] {
			continue
		}
		if t.Kind != lang.Variable || t.Var != b.Head[i] || slices.Contains(elsewhere, t.Var) {
			return false
		}
	}
	return bindable(n, b, call, rest)
}

// bindable tells whether the other clauses alone bind what the call is asked for by.
func bindable(n *node, b logic.Branch, call *logic.RuleCall, rest []logic.Clause) bool {
	for _, v := range lang.TermVars(nil, pick(call.Args, n.known)) {
		if !slices.Contains(bodyVars(rest), v) && !slices.Contains(lang.TermVars(nil, pick(varTerms(b.Head), n.known)), v) {
			return false
		}
	}
	bound := logic.Bound{}.With(lang.TermVars(nil, pick(varTerms(b.Head), n.known))...)
	return logic.Runs(rest, bound)
}

// addWalk makes the ways of a linear rule.
func (r *run) addWalk(n *node, branches []logic.Branch) {
	origin := make([]lang.Var, count(n.known))
	for i := range origin {
		origin[i] = lang.Var(fmt.Sprintf("?origin %d", i))
	}
	from := varTerms(origin)
	walk := r.newSet("walk of "+n.rule.Name, 2*len(origin))
	n.walk = walk
	n.ways = append(n.ways, newWay(walk, append(slices.Clone(from), from...), []logic.Clause{&derived{n.demand, from}}))
	for _, b := range branches {
		head := varTerms(b.Head)
		here := append(slices.Clone(from), pick(head, n.known)...)
		call, rest := ownCall(n, b)
		body := append([]logic.Clause{&derived{walk, here}}, rest...)
		if call != nil {
			n.ways = append(n.ways, newWay(walk, append(slices.Clone(from), pick(call.Args, n.known)...), body))
			continue
		}
		at := 0
		for i := range head {
			if n.known[i] {
				head[i] = from[at]
				at++
			}
		}
		n.ways = append(n.ways, newWay(n.answers, head, body))
	}
}
