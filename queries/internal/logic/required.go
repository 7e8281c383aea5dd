package logic

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// requireParameters finds out which parameters of rules must be bound by a call,
// besides those that are declared so: those that the clauses cannot bind.
func requireParameters(rules []*Rule) error {
	for changed := true; changed; {
		changed = false
		for _, r := range rules {
			for _, b := range r.Branches {
				more, err := r.require(b)
				if err != nil {
					return err
				}
				changed = changed || more
			}
		}
	}
	return nil
}

// Require finds out which parameters of one more rule must be bound, when those that it calls are known.
func Require(r *Rule) error { return requireParameters([]*Rule{r}) }

// require marks parameters as required until the branch can be run.
func (r *Rule) require(b Branch) (changed bool, err error) {
	for {
		after, left := simulate(b.Body, r.entry(b))
		var more []lang.Var
		for _, s := range left {
			if len(intersect(s.lacks, b.Head)) == len(s.lacks) {
				more = s.lacks
				break
			}
		}
		if len(left) > 0 && more == nil {
			return changed, insufficient(culprit(left), after.With(b.Head...))
		}
		if more == nil {
			more = after.lacks(b.Head)
		}
		if len(more) == 0 {
			return changed, nil
		}
		for i, v := range b.Head {
			r.Required[i] = r.Required[i] || slices.Contains(more, v)
		}
		changed = true
	}
}

// entry is what is bound when a branch begins.
func (r *Rule) entry(b Branch) Bound {
	bound := Bound{}
	for i, v := range b.Head {
		if r.Required[i] {
			bound[v] = true
		}
	}
	return bound
}
