package exec

import (
	"math"

	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// Estimates decide in which order and how clauses are run, never what they give.

// count is how many facts the constants of a pattern select.
func (r *run) count(p *logic.Pattern) (float64, error) {
	if n, ok := r.counts[p]; ok {
		return n, nil
	}
	var n float64
	switch {
	case p.Never:
	case !p.Source.Input.IsDB:
		n = float64(len(p.Source.Rows))
	default:
		for _, ep := range (&access{run: r, p: p}).constant() {
			m, _, err := p.Source.Input.DB.Count(r.ctx, ep)
			if err != nil {
				return 0, err
			}
			n += float64(m)
		}
	}
	r.counts[p] = n
	return n, nil
}

// estimate is how many rows a clause is thought to leave.
func (r *run) estimate(left *rel, c logic.Clause) (float64, error) {
	n := float64(left.n)
	switch c := c.(type) {
	case *logic.Pattern:
		return r.estimatePattern(left, c)
	case *known:
		return estimateJoin(left, c.rel.vars, float64(c.rel.n)), nil
	case *derived:
		return estimateJoin(left, lang.TermVars(nil, c.args), float64(c.set.n())), nil
	case *logic.Function:
		return r.estimateFunction(left, c), nil
	case *logic.Not:
		return n * 0.9, nil
	case *logic.Or:
		return r.estimateOr(left, c)
	case *logic.RuleCall:
		return r.estimateRule(left, c)
	}
	return 0, nil // a predicate is best run at once
}

// estimateJoin is for a relation of m rows: one match a row where something is shared.
func estimateJoin(left *rel, vars []lang.Var, m float64) float64 {
	if len(shared(vars, left.vars)) > 0 {
		return min(float64(left.n), m)
	}
	return float64(left.n) * m
}

// samples is how many rows are looked up to see how many matches a row has.
const samples = 4

func (r *run) estimatePattern(left *rel, p *logic.Pattern) (float64, error) {
	all, err := r.count(p)
	if err != nil || all == 0 {
		return 0, err
	}
	a := look(r, p, left.vars)
	n := float64(left.n)
	switch {
	case len(a.bound) == 0 && len(a.fresh) == 0:
		return 0, nil // an existence test
	case len(a.bound) == 0:
		return n * all * r.narrowed(left, a), nil
	case !p.Source.Input.IsDB:
		return max(n, all), nil
	}
	_, byEntity := slotAt(a.bound, logic.PlaceE)
	if byEntity && p.Attr != nil && !p.Attr.Many || r.lookups(a, 1) < 0 || r.lookups(a, 1) > 50 {
		return min(n, all), nil
	}
	fan, err := r.sample(left, a)
	return min(n*fan, n*all), err
}

// narrowed is what part of a scan predicates are thought to leave.
func (r *run) narrowed(left *rel, a *access) float64 {
	v, _ := slotAt(a.fresh, logic.PlaceV)
	switch lo, hi := r.bounds(left, a.p, v); {
	case lo.Set && hi.Set:
		return 0.1
	case lo.Set || hi.Set:
		return 0.3
	}
	return 1
}

// sample is how many matches a row has, on average over a few of them.
func (r *run) sample(left *rel, a *access) (float64, error) {
	var total float64
	k := min(samples, left.n)
	for i := range k {
		for _, p := range a.lookup(left, i*left.n/k) {
			m, _, err := a.p.Source.Input.DB.Count(r.ctx, p)
			if err != nil {
				return 0, err
			}
			total += float64(m)
		}
	}
	return total / float64(max(k, 1)), nil
}

// estimateFunction: a result a row, but all of a constant collection.
func (r *run) estimateFunction(left *rel, c *logic.Function) float64 {
	n := float64(left.n)
	if c.Call.Fn.Name != "ground" || c.Out.Kind != lang.BindCollection || c.Call.Args[0].Kind != lang.Constant {
		return n * 0.95
	}
	items, _ := fn.Elements(c.Call.Args[0].Value)
	return estimateJoin(left, c.Out.Vars(nil), float64(len(items)))
}

// estimateOr adds up the branches, each as large as its smallest clause.
func (r *run) estimateOr(left *rel, c *logic.Or) (float64, error) {
	var sum float64
	for _, b := range c.Branches {
		least, err := r.estimateBody(left, b)
		if err != nil {
			return 0, err
		}
		sum += least
	}
	return sum, nil
}

func (r *run) estimateBody(left *rel, body []logic.Clause) (float64, error) {
	least := math.Inf(1)
	for _, c := range body {
		p, ok := c.(*logic.Pattern)
		if !ok {
			continue
		}
		n, err := r.estimatePattern(left, p)
		if err != nil {
			return 0, err
		}
		least = min(least, n)
	}
	if math.IsInf(least, 1) {
		return float64(left.n), nil
	}
	return least, nil
}

// estimateRule: as many as the patterns of its branches select, fewer for bound arguments.
func (r *run) estimateRule(left *rel, c *logic.RuleCall) (float64, error) {
	var sum float64
	for _, b := range c.Rule.Branches {
		n, err := r.estimateBody(unit(), b.Body)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	if c.Rule.Loops {
		sum *= 10
	}
	n := float64(left.n)
	if len(shared(lang.TermVars(nil, c.Args), left.vars)) > 0 {
		return min(n*10, n*sum), nil
	}
	return n * sum, nil
}
