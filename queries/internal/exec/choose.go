package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// How much worse than its rows a clause is taken to be that has nothing in common with the rows so far:
// a product of several rows is seldom what is wanted, and all that an attribute has restricts nothing, while
// what a constant selects does.
const (
	productCost = 100
	scanCost    = 100
)

// choose finds the clause that leaves the fewest rows, among those that can be run. What is
// equally good is told apart by its text, so that the order in which clauses were written is of no account.
func (r *run) choose(now *rel, clauses []logic.Clause) (best int, rows float64, err error) {
	bound := logic.Bound{}.With(now.vars...)
	best = -1
	var least float64
	for i, c := range clauses {
		if !logic.Ready(c, bound) {
			continue
		}
		n, err := r.estimate(now, c)
		if err != nil {
			return 0, 0, err
		}
		cost := n * apart(now, c)
		if best < 0 || cost < least || cost == least && describe(c) < describe(clauses[best]) {
			best, rows, least = i, n, cost
		}
	}
	return best, rows, nil
}

// apart is by how much the rows of a clause are to be multiplied.
func apart(now *rel, c logic.Clause) float64 {
	if !stored(c) || len(shared(vars(nil, c), now.vars)) > 0 {
		return 1
	}
	cost := 1.0
	if now.n > 1 {
		cost = productCost
	}
	if !selects(c) {
		cost *= scanCost
	}
	return cost
}

// stored tells whether the rows of a clause come from what is stored, or is derived of it.
func stored(c logic.Clause) bool {
	switch c.(type) {
	case *logic.Pattern, *logic.RuleCall:
		return true
	}
	return false
}

// selects tells whether a constant says which rows of an attribute, or which tuples of a rule, are asked for.
func selects(c logic.Clause) bool {
	if call, ok := c.(*logic.RuleCall); ok {
		return slices.ContainsFunc(call.Args, func(t lang.Term) bool { return t.Kind == lang.Constant })
	}
	p := c.(*logic.Pattern)
	return !p.Source.Input.IsDB || p.Terms[logic.PlaceE].Kind == lang.Constant || p.Terms[logic.PlaceV].Kind == lang.Constant
}
