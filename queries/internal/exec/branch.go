package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// not drops the rows that the body has an answer for. The body is run once, for all
// different values that it shares with the rows.
func (r *run) not(now *rel, c *logic.Not, keep []lang.Var) (*rel, error) {
	found, err := r.body(r.project(now, c.Join), c.Body, c.Join)
	if err != nil {
		return nil, err
	}
	found = r.distinct(found)
	if len(found.vars) == 0 && found.n > 0 {
		return none(shared(now.vars, keep)), nil
	}
	return r.exclude(now, found).keep(keep), nil
}

// or joins what the branches answer for the different values that they share with the rows.
func (r *run) or(now *rel, c *logic.Or, keep []lang.Var) (*rel, error) {
	from := r.project(now, c.Join)
	all := none(c.Join)
	for _, b := range c.Branches {
		found, err := r.body(from, b, c.Join)
		if err != nil {
			return nil, err
		}
		for i, v := range c.Join {
			all.cols[i] = slices.Concat(all.cols[i], found.col(v))
		}
		all.n += found.n
		if err := r.guard.Rows(all.n); err != nil {
			return nil, err
		}
	}
	all.dups = true
	return r.join(now, r.distinct(all), keep)
}
