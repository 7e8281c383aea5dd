// Package exec answers queries with indexes: values are interned as terms of
// eight bytes, relations are columns of terms, clauses are run in the order of their estimated
// sizes, patterns by look-ups or by scans and hash joins, rules semi-naively for the
// arguments that they are called with.
//
// The order is chosen as the query runs: before each step the relation so far is
// known, and the indexes count exactly, so that what is estimated is only the next step.
package exec

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// Ask runs a query inside of a query.
type Ask func(ctx context.Context, q *lang.Query, inputs []logic.Input) (edn.Value, error)

// Run finds the distinct rows of a program.
func Run(ctx context.Context, g *limit.Guard, p *logic.Program, ask Ask) (*Rows, error) {
	r := &run{
		ctx: ctx, guard: g, ask: ask, env: fn.NewEnv(), dict: newDict(), counts: map[*logic.Pattern]float64{},
		plan: &plan{}, rules: newRules(),
	}
	start, clauses, err := r.inputs(p)
	if err != nil {
		return nil, err
	}
	found, err := r.body(start, append(clauses, p.Where...), p.Rows)
	if err != nil {
		return nil, err
	}
	found = found.distinct()
	return &Rows{rel: found, cols: found.columns(p.Rows), dict: r.dict, Scanned: r.scanned, Plan: r.plan.String()}, nil
}

// run is one run of a program. It lives no longer than its context.
type run struct {
	ctx      context.Context
	guard    *limit.Guard
	ask      Ask
	env      *fn.Env
	dict     *dict
	dictHeld int64 // bytes of dict that are counted already
	counts   map[*logic.Pattern]float64
	scanned  int
	plan     *plan
	rules    *rules
	pending  []logic.Clause // that follow the step being made
}

// known is a relation as a clause: an input of several rows.
type known struct {
	rel  *rel
	name string
}

// At is nowhere: the relation is in no query.
func (k *known) At() edn.Pos { return edn.Pos{} }

// inputs makes a start of the inputs that have one row, and clauses of the others.
func (r *run) inputs(p *logic.Program) (*rel, []logic.Clause, error) {
	start := unit()
	var clauses []logic.Clause
	for _, in := range p.Inputs {
		next := &rel{vars: in.Vars, cols: make([][]term, len(in.Vars)), n: len(in.Rows)}
		for _, row := range in.Rows {
			for c, v := range row {
				next.cols[c] = append(next.cols[c], r.dict.term(v))
			}
		}
		if next.n != 1 {
			clauses = append(clauses, &known{next, "input"})
			continue
		}
		start.vars = append(start.vars, next.vars...)
		start.cols = append(start.cols, next.cols...)
	}
	return start, clauses, nil
}

// body runs clauses in whatever order seems cheapest and keeps the variables need.
func (r *run) body(from *rel, clauses []logic.Clause, need []lang.Var) (*rel, error) {
	defer func(outer []logic.Clause) { r.pending = outer }(r.pending)
	left := slices.Clone(clauses)
	now := from
	for len(left) > 0 {
		if now.n == 0 {
			return none(need), nil // which takes no memory
		}
		r.pending = left
		i, estimate, err := r.choose(now, left)
		if err != nil {
			return nil, err
		}
		c := left[i]
		left = slices.Delete(left, i, i+1)
		r.pending = left
		next, err := r.step(now, c, append(bodyVars(left), need...), estimate)
		if err != nil {
			return nil, err
		}
		if next, err = r.narrow(next, now, from, len(left) > 0); err != nil {
			return nil, err
		}
		now = next
	}
	if now != from {
		err := r.guard.Hold(-now.bytes())
		return now.keep(need), err
	}
	return now.keep(need), nil
}

// narrow drops equal rows after a step that dropped a variable, unless it was the
// last: then the whole is made distinct anyway. What the step before held is given back.
func (r *run) narrow(next, before, from *rel, more bool) (*rel, error) {
	if more && len(without(before.vars, next.vars)) > 0 {
		wide := next.bytes()
		next = next.distinct()
		if err := r.guard.Hold(next.bytes() - wide); err != nil {
			return nil, err
		}
	}
	if before == from {
		return next, nil
	}
	return next, r.guard.Hold(-before.bytes())
}

// step runs one clause and writes it into the plan.
func (r *run) step(now *rel, c logic.Clause, keep []lang.Var, estimate float64) (*rel, error) {
	if err := r.guard.Check(); err != nil {
		return nil, err
	}
	s := r.plan.begin(c, estimate, now.n)
	next, err := r.clause(now, c, keep, s)
	if err != nil {
		return nil, err
	}
	r.plan.end(s, next.n)
	return next, r.guard.Hold(next.bytes())
}

func (r *run) clause(now *rel, c logic.Clause, keep []lang.Var, s *step) (*rel, error) {
	switch c := c.(type) {
	case *logic.Pattern:
		return r.pattern(now, c, keep, s)
	case *known:
		return r.join(now, c.rel, keep)
	case *derived:
		return r.derived(now, c, keep)
	case *logic.Predicate:
		return r.predicate(now, c, keep)
	case *logic.Function:
		return r.function(now, c, keep)
	case *logic.Not:
		return r.not(now, c, keep)
	case *logic.Or:
		return r.or(now, c, keep)
	}
	return r.ruleCall(now, c.(*logic.RuleCall), keep, s)
}

// choose finds the clause that leaves the fewest rows, among those that can be run.
func (r *run) choose(now *rel, clauses []logic.Clause) (best int, rows float64, err error) {
	bound := logic.Bound{}.With(now.vars...)
	best = -1
	for i, c := range clauses {
		if !logic.Ready(c, bound) {
			continue
		}
		n, err := r.estimate(now, c)
		if err != nil {
			return 0, 0, err
		}
		if best < 0 || n < rows {
			best, rows = i, n
		}
		if n == 0 {
			break
		}
	}
	return best, rows, nil
}

// vars are the variables by which a clause is joined to those around it.
func vars(list []lang.Var, c logic.Clause) []lang.Var {
	switch c := c.(type) {
	case *known:
		return append(list, c.rel.vars...)
	case *derived:
		return lang.TermVars(list, c.args)
	}
	return logic.Vars(list, c)
}

func bodyVars(body []logic.Clause) []lang.Var {
	var list []lang.Var
	for _, c := range body {
		list = vars(list, c)
	}
	return list
}

// Rows is what Run found.
type Rows struct {
	rel     *rel
	cols    [][]term
	dict    *dict
	Scanned int
	Plan    string
}

// Len is the number of rows.
func (r *Rows) Len() int { return r.rel.n }

// Value is the value in a row and column.
func (r *Rows) Value(row, column int) edn.Value { return r.dict.value(r.cols[column][row]) }
