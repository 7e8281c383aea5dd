package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// scope is one body of clauses as it is run.
type scope struct {
	left    []logic.Clause // still to be run
	need    []lang.Var     // of the result
	depends []dependency

	// Where all that is asked for of some variables is to be counted, they are in counted
	// and not in need. Their columns are kept as long as rows have to be told apart; from then on, when
	// counting is set, rows are weighted instead.
	counted  []lang.Var
	counting bool
}

// keep is the variables that are wanted after the next step.
func (sc *scope) keep() []lang.Var {
	keep := append(bodyVars(sc.left), sc.need...)
	if !sc.counting {
		keep = append(keep, sc.counted...)
	}
	return keep
}

// wanted tells whether rows that differ in a variable are different rows of the result.
func (sc *scope) wanted(v lang.Var) bool {
	return slices.Contains(sc.need, v) || slices.Contains(sc.counted, v)
}

// matters tells whether rows are told apart by a variable in what is still to come.
func (sc *scope) matters(v lang.Var) bool {
	return sc.wanted(v) || slices.Contains(bodyVars(sc.left), v)
}

// countable tells whether rows may be weighted from now on: each variable that is neither
// counted nor needed must be decided by those that are, or be asked for by one pattern only, and nothing may
// be left but patterns of one attribute and filters, for which it is easy to find each row once.
func (sc *scope) countable(now *rel) bool {
	if len(sc.counted) == 0 || now.dups {
		return false
	}
	var wanted, other []lang.Var
	for _, v := range now.vars {
		if sc.wanted(v) {
			wanted = append(wanted, v)
		} else {
			other = append(other, v)
		}
	}
	if !sc.decided(wanted, other) {
		return false
	}
	seen := map[lang.Var]int{}
	for _, c := range sc.left {
		if !countableClause(c) {
			return false
		}
		for _, v := range slices.Compact(slices.Sorted(slices.Values(vars(nil, c)))) {
			if seen[v]++; seen[v] > 1 && !sc.wanted(v) && !now.has(v) {
				return false
			}
		}
	}
	return true
}

func countableClause(c logic.Clause) bool {
	switch c := c.(type) {
	case *logic.Predicate, *logic.Not:
		return true
	case *logic.Pattern:
		return sided(c) && !c.Source.Input.DB.IsHistory() && !uses(c, logic.PlaceT) && !uses(c, logic.PlaceOp)
	}
	return false
}
