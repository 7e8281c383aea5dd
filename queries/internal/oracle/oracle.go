// Package oracle answers queries as simply as can be: no index, no plan, every
// pattern compared with every datom, every row with every datom that the pattern allows. It is slow, and it is what the answers of
// the fast evaluator are checked against, so it is written to be read.
package oracle

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// Ask runs a query inside of a query.
type Ask func(ctx context.Context, q *lang.Query, inputs []logic.Input) (edn.Value, error)

// Run finds the distinct rows of a program. scanned is how many datoms and tuples it read.
func Run(ctx context.Context, g *limit.Guard, p *logic.Program, ask Ask) (found *terms.Table, scanned int, err error) {
	r := &run{ctx: ctx, guard: g, ask: ask, env: fn.NewEnv(g.Check), facts: map[*logic.Source][]fact{}, fitting: map[*logic.Pattern][]fact{}, tables: map[string]*table{}}
	r.shuffle, _ = ctx.Value(shuffled{}).(*rand.Rand)
	all := relation{rows: [][]edn.Value{{}}}
	for _, in := range p.Inputs {
		all = all.product(relation{in.Vars, in.Rows})
	}
	all, err = r.solve(p, all)
	if err != nil {
		return nil, 0, err
	}
	return all.project(p.Rows).table(), r.scanned, nil
}

// run is one run of a program. It lives no longer than its context.
type run struct {
	ctx   context.Context
	guard *limit.Guard
	ask   Ask

	shuffle *rand.Rand // see Shuffled; nil for the order of the query
	env     *fn.Env
	facts   map[*logic.Source][]fact  // what the sources hold, read once
	fitting map[*logic.Pattern][]fact // those of them that a pattern allows
	scanned int
	tables  map[string]*table // what rules derived
	order   []*table          // in the order in which they were asked for
	asked   bool              // whether a table was asked for that was not there
}

// body runs clauses in their order, except that one whose inputs are not bound yet waits.
func (r *run) body(rel relation, clauses []logic.Clause) (relation, error) {
	for clauses = r.mixed(clauses); len(clauses) > 0; {
		i := 0
		for !logic.Ready(clauses[i], logic.Bound{}.With(rel.vars...)) {
			i++
		}
		var err error
		if rel, err = r.clause(rel, clauses[i]); err != nil {
			return rel, err
		}
		if err := r.guard.Rows(len(rel.rows)); err != nil {
			return rel, err
		}
		clauses = append(append([]logic.Clause{}, clauses[:i]...), clauses[i+1:]...)
	}
	return rel, nil
}

// mixed are the clauses in the order in which they are to be tried.
func (r *run) mixed(clauses []logic.Clause) []logic.Clause {
	if r.shuffle == nil {
		return clauses
	}
	clauses = slices.Clone(clauses)
	r.shuffle.Shuffle(len(clauses), func(i, j int) { clauses[i], clauses[j] = clauses[j], clauses[i] })
	return clauses
}

func (r *run) clause(rel relation, c logic.Clause) (relation, error) {
	switch c := c.(type) {
	case *logic.Pattern:
		return r.pattern(rel, c)
	case *logic.Predicate:
		return r.predicate(rel, c)
	case *logic.Function:
		return r.function(rel, c)
	case *logic.Not:
		return r.not(rel, c)
	case *logic.Or:
		return r.or(rel, c)
	}
	return r.ruleCall(rel, c.(*logic.RuleCall))
}

// table is the relation as columns of terms.
func (r relation) table() *terms.Table {
	t := &terms.Table{Cols: make([][]engine.Term, len(r.vars)), N: len(r.rows), Dict: terms.NewDict(engine.NewDict())}
	for _, row := range r.rows {
		for c, v := range row {
			t.Cols[c] = append(t.Cols[c], t.Dict.Of(v))
		}
	}
	return t
}
