// Package answer makes a result of the distinct rows that an evaluator found:
// it groups, aggregates, filters groups, sorts, cuts and pulls. All but pulling works on
// whole columns of terms, and of a relation of plain variables nothing is copied.
package answer

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// Build makes the rows of the result, a column for each find element.
func Build(ctx context.Context, g *limit.Guard, p *logic.Program, t *terms.Table) (*Rows, error) {
	b := &builder{ctx: ctx, guard: g, program: p, query: p.Query, table: t, env: fn.NewEnv(g.Check)}
	r := &Rows{width: len(b.query.Find), dict: t.Dict, n: t.N, order: b.query.Order, offset: b.query.Offset, limit: b.limit(), distinct: len(p.Query.With) == 0 || p.Query.Aggregates()}
	if b.query.Aggregates() {
		if err := b.aggregate(r); err != nil {
			return nil, err
		}
	} else {
		r.cols = b.plain()
	}
	if r.n > lazily || b.pulls() {
		if err := r.sortUnder(g); err != nil {
			return nil, err
		}
	}
	if err := b.pull(r); err != nil {
		return nil, err
	}
	r.measure()
	return r, nil
}

// lazily is how many rows are put in order only when one is read: what takes so little time needs no limit.
const lazily = 1 << 16

type builder struct {
	ctx     context.Context
	guard   *limit.Guard
	program *logic.Program
	query   *lang.Query
	table   *terms.Table
	env     *fn.Env
}

// limit is how many rows there may be at most; -1: any number.
func (b *builder) limit() int {
	if one := b.query.Shape == lang.Scalar || b.query.Shape == lang.Tuple; one && b.query.Limit != 0 {
		return 1
	}
	return b.query.Limit
}

// terms is the table's column of a variable.
func (b *builder) terms(v lang.Var) []engine.Term {
	return b.table.Cols[slices.Index(b.program.Rows, v)]
}

// plain is the columns where nothing is aggregated: those of the table.
func (b *builder) plain() []Column {
	var cols []Column
	for _, v := range b.shown(b.query.Find) {
		cols = append(cols, Column{Terms: b.terms(v)})
	}
	return cols
}

// shown lists the variables of the elements that are no aggregates and, after them, those that hold patterns of pulls.
func (b *builder) shown(find []lang.Element) []lang.Var {
	var vars, patterns []lang.Var
	for _, e := range find {
		if e.Aggregate != nil {
			continue
		}
		vars = append(vars, e.Var)
		if e.Pattern.Kind == lang.Variable {
			patterns = append(patterns, e.Pattern.Var)
		}
	}
	return append(vars, patterns...)
}

// chunk is how many rows are gone through between two looks at the limits.
const chunk = 4096

// chunked calls f for the numbers below n, a chunk at a time.
func chunked(check func() error, n int, f func(from, to int)) error {
	for from := 0; from < n; from += chunk {
		if err := check(); err != nil {
			return err
		}
		f(from, min(from+chunk, n))
	}
	return nil
}
