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

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

type term = engine.Term

// Ask runs a query inside of a query.
type Ask func(ctx context.Context, q *lang.Query, inputs []logic.Input) (edn.Value, error)

// Result is what Run found.
type Result struct {
	Table   *terms.Table
	Scanned int // datoms and tuples read
	Plan    *Plan
}

// Run finds the distinct rows of a program. With counts, all that is wanted of them is how many there are
// for the same values of the variables shown: then the table may have weights, and no columns for other variables.
// What is read under ctx is counted in reads.
func Run(ctx context.Context, reads *engine.Reads, g *limit.Guard, p *logic.Program, shown []lang.Var, counts bool, ask Ask) (*Result, error) {
	r := &run{
		ctx: ctx, reads: reads, guard: g, ask: ask, env: fn.NewEnv(g.Check), dict: terms.NewDict(dictOf(p)), counts: map[*logic.Pattern]float64{},
		sides: map[engine.Derived]*side{}, plan: &Plan{}, rules: newRules(), asked: map[asking]*logic.Pattern{}, scope: &scope{},
	}
	start, clauses, err := r.inputs(p)
	if err != nil {
		return nil, err
	}
	need, counted := p.Rows, []lang.Var(nil)
	if counts {
		need, counted = shown, without(p.Rows, shown)
	}
	found, err := r.run(start, &scope{left: append(clauses, p.Where...), need: need, counted: counted})
	if err != nil {
		return nil, err
	}
	found = r.distinct(found)
	if err := g.Check(); err != nil {
		return nil, err
	}
	t := &terms.Table{Cols: make([][]term, len(p.Rows)), N: found.n, Dict: r.dict, Weights: found.weights}
	for i, v := range p.Rows {
		if found.has(v) {
			t.Cols[i] = found.col(v)
		}
	}
	return &Result{Table: t, Scanned: r.scanned, Plan: r.plan}, nil
}

// dictOf is the dictionary of the first database that a program asks, so that its columns are shared with other runs.
func dictOf(p *logic.Program) *engine.Dict {
	for _, in := range p.Query.In {
		if s := p.Sources[in.Name]; s != nil && s.Input.IsDB {
			return s.Input.DB.Dict()
		}
	}
	return engine.NewDict()
}

// run is one run of a program. It lives no longer than its context.
type run struct {
	ctx      context.Context
	guard    *limit.Guard
	ask      Ask
	env      *fn.Env
	dict     *terms.Dict
	dictHeld int64 // bytes of dict that are counted already
	counts   map[*logic.Pattern]float64
	sides    map[engine.Derived]*side // that this run made
	scanned  int
	plan     *Plan
	reads    *engine.Reads
	rules    *rules
	asked    map[asking]*logic.Pattern // by functions
	scope    *scope                    // of the body being run
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
				next.cols[c] = append(next.cols[c], r.dict.Of(v))
			}
		}
		next.dups = next.n > 1
		if next = r.distinct(next); next.n != 1 {
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
	return r.run(from, &scope{left: slices.Clone(clauses), need: need})
}

// run runs the clauses of a scope, beginning with the rows that are known.
func (r *run) run(from *rel, sc *scope) (*rel, error) {
	defer func(outer *scope) { r.scope = outer }(r.scope)
	r.scope = sc
	sc.left = r.inlined(sc.left)
	now := from
	for len(sc.left) > 0 {
		if now.n == 0 {
			return none(append(sc.need, sc.counted...)), nil // which takes no memory
		}
		i, estimate, err := r.choose(now, sc.left)
		if err != nil {
			return nil, err
		}
		c := sc.left[i]
		sc.counting = sc.counting || sc.countable(now)
		sc.left = slices.Delete(sc.left, i, i+1)
		next, err := r.step(now, c, sc.keep(), estimate)
		if err != nil {
			return nil, err
		}
		if next, err = r.narrow(next, now, from); err != nil {
			return nil, err
		}
		now = next
	}
	if now != from {
		if err := r.guard.Hold(-now.bytes()); err != nil {
			return nil, err
		}
	}
	want := append(sc.need[:len(sc.need):len(sc.need)], sc.counted...)
	if sc.counting && now.weights == nil {
		now = now.weighted()
	}
	if dropped := without(now.vars, want); len(dropped) > 0 && !sc.counting && !now.dups {
		out := *now.keep(want)
		out.dups = !sc.decided(want, dropped)
		return &out, nil
	}
	return now.keep(want), nil
}

// narrow drops equal rows after a step that dropped a variable, unless it was the
// last: then the whole is made distinct anyway. What the step before held is given back.
func (r *run) narrow(next, before, from *rel) (*rel, error) {
	sc := r.scope
	switch dropped := without(before.vars, next.vars); {
	case sc.counting:
		next.dups = false // equal rows add up
	case len(dropped) > 0 && !next.dups:
		next.dups = !sc.decided(next.vars, dropped)
	}
	if next.dups && len(sc.left) > 0 {
		wide := next.bytes()
		next = r.distinct(next)
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
	s := r.begin(c, estimate, now.n)
	next, err := r.clause(now, c, keep, s)
	if err != nil {
		return nil, err
	}
	r.end(s, next.n)
	if err := r.guard.Check(); err != nil {
		return nil, err
	}
	return next, r.guard.Hold(next.bytes())
}

func (r *run) clause(now *rel, c logic.Clause, keep []lang.Var, s *Step) (*rel, error) {
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
