package oracle

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// unifier extends rows by the values that terms have: the variables of terms that rows have already, and those
// that stand twice, must have the same values.
type unifier struct {
	vars  []lang.Var // of the result, those of the row first
	joins []pair     // a column of the row, a place of the values
	twice []pair     // two places of the values
	fresh []int      // the places whose values are added
}

type pair struct{ a, b int }

func newUnifier(vars []lang.Var, terms []lang.Term) unifier {
	u := unifier{vars: slices.Clone(vars)}
	for i, t := range terms {
		if t.Kind != lang.Variable {
			continue
		}
		at := slices.Index(u.vars, t.Var)
		switch {
		case at < 0:
			u.vars, u.fresh = append(u.vars, t.Var), append(u.fresh, i)
		case at < len(vars):
			u.joins = append(u.joins, pair{at, i})
		default:
			u.twice = append(u.twice, pair{u.fresh[at-len(vars)], i})
		}
	}
	return u
}

// unify is the row with the values added, unless they contradict it.
func (u *unifier) unify(row, values []edn.Value) ([]edn.Value, bool) {
	for _, p := range u.joins {
		if !same(row[p.a], values[p.b]) {
			return nil, false
		}
	}
	for _, p := range u.twice {
		if !same(values[p.a], values[p.b]) {
			return nil, false
		}
	}
	next := append(make([]edn.Value, 0, len(u.vars)), row...)
	for _, i := range u.fresh {
		next = append(next, values[i])
	}
	return next, true
}
