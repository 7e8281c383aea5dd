package queries

import (
	"context"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/answer"
	"github.com/dhfs/dhfs/queries/internal/exec"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/memo"
	"github.com/dhfs/dhfs/queries/internal/oracle"
	"github.com/dhfs/dhfs/queries/internal/pull"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// Run answers q. Inputs are in the order of :in. The answer is kept, as far as there is room, with the first of the
// databases, and found again by whoever asks the same of databases that are equal in all that the query reads.
func Run(ctx context.Context, q *Query, inputs []Input, l Limits) (*Result, error) {
	return start(ctx, q, inputs, l, byIndex, true)
}

// RunAfresh is Run without looking for an answer that was kept, and without keeping this one: for measuring.
func RunAfresh(ctx context.Context, q *Query, inputs []Input, l Limits) (*Result, error) {
	return start(ctx, q, inputs, l, byIndex, false)
}

func byIndex(ctx context.Context, reads *engine.Reads, g *limit.Guard, p *logic.Program) (*terms.Table, Stats, error) {
	shown, counts := answer.CountsOnly(p)
	r, err := exec.Run(ctx, reads, g, p, shown, counts, asker(reads, g, byIndex))
	if err != nil {
		return nil, Stats{}, err
	}
	return r.Table, Stats{Scanned: r.Scanned, Plan: Plan{of: r.Plan}}, nil
}

// RunNaive answers q by nested loops, without index or plan: the oracle that Run is checked against.
func RunNaive(ctx context.Context, q *Query, inputs []Input, l Limits) (*Result, error) {
	return start(ctx, q, inputs, l, naively, false)
}

// evaluator finds the distinct rows of a program.
// What is read under ctx is counted in reads.
type evaluator func(ctx context.Context, reads *engine.Reads, g *limit.Guard, p *logic.Program) (*terms.Table, Stats, error)

func naively(ctx context.Context, reads *engine.Reads, g *limit.Guard, p *logic.Program) (*terms.Table, Stats, error) {
	table, scanned, err := oracle.Run(ctx, g, p, asker(reads, g, naively))
	if err != nil {
		return nil, Stats{}, err
	}
	return table, Stats{Scanned: scanned, Plan: Plan{text: "every clause against every datom, in the order of the query"}}, nil
}

// start runs a query under its limits.
func start(ctx context.Context, q *Query, inputs []Input, l Limits, eval evaluator, keep bool) (*Result, error) {
	began := time.Now()
	if t := q.parsed.Timeout; t > 0 && (l.Timeout == 0 || t < l.Timeout) {
		l.Timeout = t
	}
	g, ctx, stop := limit.Start(ctx, limit.Limits(l))
	defer stop()
	reads := &engine.Reads{}
	ctx = engine.CountReads(ctx, reads)
	in, err := q.take(inputs)
	if err != nil {
		return nil, public(err)
	}
	r, err := q.find(ctx, reads, g, in, eval, keep)
	if err != nil {
		return nil, public(g.Explain(err))
	}
	r.Stats.Elapsed = time.Since(began)
	r.Stats.Rows = r.Len()
	r.Stats.Blocks, r.Stats.Bytes, r.Stats.Cached = reads.Blocks.Load(), reads.Bytes.Load(), reads.Cached.Load()
	r.Stats.Nodes = reads.Nodes.Load()
	return r, nil
}

// find finds the answer where it was kept, or else by evaluating the query.
func (q *Query) find(ctx context.Context, reads *engine.Reads, g *limit.Guard, inputs []logic.Input, eval evaluator, keep bool) (*Result, error) {
	p, err := logic.Build(ctx, q.parsed, inputs, g.Rows)
	if err != nil {
		return nil, err
	}
	var place engine.Derived
	if keep {
		if place, keep = memo.Place(p, q.text); keep {
			if kept, ok := place.Get(); ok {
				return kept.(*answered).result(g, p)
			}
		}
	}
	r, err := evaluate(ctx, reads, g, p, eval)
	if err == nil && keep {
		place.Put(&answered{r.rows, r.Stats}, r.Bytes())
	}
	return r, err
}

// answered is an answer as it is kept.
type answered struct {
	rows  *answer.Rows
	stats Stats
}

func (a *answered) result(g *limit.Guard, p *logic.Program) (*Result, error) {
	r := newResult(p.Query, a.rows)
	r.Stats = a.stats
	r.Stats.Kept, r.Stats.Warnings = true, p.Warnings
	return r, g.Rows(r.Len())
}

// run builds a program, evaluates it and makes the result.
func run(ctx context.Context, reads *engine.Reads, g *limit.Guard, q *lang.Query, inputs []logic.Input, eval evaluator) (*Result, error) {
	p, err := logic.Build(ctx, q, inputs, g.Rows)
	if err != nil {
		return nil, err
	}
	return evaluate(ctx, reads, g, p, eval)
}

// evaluate answers a program.
func evaluate(ctx context.Context, reads *engine.Reads, g *limit.Guard, p *logic.Program, eval evaluator) (*Result, error) {
	table, stats, err := eval(ctx, reads, g, p)
	if err != nil {
		return nil, err
	}
	rows, err := answer.Build(ctx, g, p, table)
	if err != nil {
		return nil, err
	}
	r := newResult(p.Query, rows)
	stats.Warnings = p.Warnings
	r.Stats = stats
	return r, nil
}

// asker runs queries inside of queries, under the same limits and the :timeout of their own.
func asker(reads *engine.Reads, g *limit.Guard, eval evaluator) func(context.Context, *lang.Query, []logic.Input) (edn.Value, error) {
	return func(ctx context.Context, q *lang.Query, inputs []logic.Input) (edn.Value, error) {
		ctx, restore := g.Shorten(ctx, q.Timeout)
		defer restore()
		r, err := run(ctx, reads, g, q, inputs, eval)
		if err != nil {
			return edn.Value{}, g.Explain(err)
		}
		return r.Value(), nil
	}
}

func pullOne(ctx context.Context, db engine.DB, pattern, entity edn.Value) (edn.Value, error) {
	tree, err := lang.ParsePull(pattern)
	if err != nil {
		return edn.Value{}, err
	}
	s := &logic.Source{Name: "$", Input: logic.Input{DB: db, IsDB: true}}
	if err := logic.CheckPull(s, tree); err != nil {
		return edn.Value{}, err
	}
	g, ctx, stop := limit.Start(ctx, limit.Limits{})
	defer stop()
	v, err := pull.New(s, g).Pull(ctx, tree, entity)
	return v, g.Explain(err)
}
