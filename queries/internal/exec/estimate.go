package exec

import (
	"math"

	"github.com/dhfs/dhfs/engine"
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
	n, err := r.counted(p)
	if err == nil {
		r.counts[p] = n
	}
	return n, err
}

func (r *run) counted(p *logic.Pattern) (float64, error) {
	switch {
	case p.Never:
		return 0, nil
	case !p.Source.Input.IsDB:
		return float64(len(p.Source.Rows)), nil
	}
	if n, ok := r.countSide(p); ok {
		return n, nil
	}
	var n float64
	for _, ep := range (&access{run: r, p: p}).constant() {
		m, _, err := p.Source.Input.DB.Count(r.ctx, ep)
		if err != nil {
			return 0, err
		}
		n += float64(m)
	}
	return n, nil
}

// countSide counts in a side that is there already.
func (r *run) countSide(p *logic.Pattern) (float64, bool) {
	if !sided(p) {
		return 0, false
	}
	e, v := p.Terms[logic.PlaceE], p.Terms[logic.PlaceV]
	order, key := engine.AEVT, e
	if v.Kind == lang.Constant {
		order, key = engine.AVET, v
	}
	sd := r.peek(p, order)
	switch {
	case sd == nil:
		return 0, false
	case key.Kind == lang.Constant:
		return float64(sd.groups.find(r.dict.Of(key.Value)).len()), true
	}
	return float64(len(sd.keys)), true
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

// samples is how many rows are looked up in a tree to see how many matches a row has,
// sideSamples how many in a side.
const (
	samples     = 4
	sideSamples = 48
)

func (r *run) estimatePattern(left *rel, p *logic.Pattern) (float64, error) {
	all, err := r.count(p)
	if err != nil || all == 0 {
		return 0, err
	}
	if n, ok := r.estimateSide(left, p, all); ok {
		return n, nil
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

// estimateSide estimates from a side that is there already: by counting, or by looking up a sample of the rows.
func (r *run) estimateSide(left *rel, p *logic.Pattern, all float64) (n float64, ok bool) {
	if !sided(p) {
		return 0, false
	}
	b := r.peeking(left, p)
	if b == nil {
		return 0, false
	}
	rows := float64(left.n)
	switch {
	case b.key.kind == fresh && b.side.order == engine.AVET:
		return rows * float64(b.span.len()), true
	case !b.key.known():
		return rows * all, true
	}
	if fan, ok := r.meets(left, p); ok {
		return rows * fan, true
	}
	return rows * b.fan(), true
}

// peeking is a probe of a side that is there already, else nil.
func (r *run) peeking(now *rel, p *logic.Pattern) *probe {
	e, v := r.operand(now, p, logic.PlaceE), r.operand(now, p, logic.PlaceV)
	order, _, err := r.direction(now, p, e, v)
	if err != nil {
		return nil
	}
	sd := r.peek(p, order)
	if sd == nil {
		return nil
	}
	b := &probe{run: r, now: now, side: sd, pattern: p}
	b.find(e, v)
	return b
}

// fan is how many matches a row has, on average over a sample.
func (b *probe) fan() float64 {
	n := b.now.n
	k := min(sideSamples, n)
	if b.key.kind != bound && !b.other.known() {
		k = 1
	}
	total := 0
	for i := range k {
		row := i * n / k
		s := b.spanOf(row)
		if !b.other.known() {
			total += s.len()
			continue
		}
		s = b.narrowed(row, s)
		for at := s.lo; at < min(s.hi, s.lo+64); at++ {
			if b.passes(row, at) {
				total++
			}
		}
	}
	return (float64(total) + 0.02) / float64(k) // never quite nothing: that is only known of all rows
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
