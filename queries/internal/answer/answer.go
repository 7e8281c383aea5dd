// Package answer makes a result of the distinct rows that an evaluator found:
// it groups, aggregates, filters groups, sorts, cuts and pulls.
package answer

import (
	"context"
	"errors"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/logic"
	"github.com/dhfs/dhfs/queries/internal/pull"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// Build makes the rows of the result, a column for each find element, in their final order.
func Build(ctx context.Context, g *limit.Guard, p *logic.Program, t *terms.Table) ([][]edn.Value, error) {
	b := &builder{ctx: ctx, guard: g, program: p, query: p.Query, table: t, env: fn.NewEnv()}
	rows, err := b.project()
	if err != nil {
		return nil, err
	}
	if err := b.sort(rows); err != nil {
		return nil, err
	}
	return b.pull(b.cut(rows))
}

type builder struct {
	ctx     context.Context
	guard   *limit.Guard
	program *logic.Program
	query   *lang.Query
	table   *terms.Table
	env     *fn.Env
}

// row is one row of the result and a row of the table that it was made of.
type row struct {
	values []edn.Value
	from   int
}

// What rows and values take in memory.
const (
	rowBytes   = 64
	valueBytes = 32
)

func (b *builder) column(v lang.Var) int { return slices.Index(b.program.Rows, v) }

func (b *builder) project() ([]row, error) {
	if b.query.Aggregates() {
		return b.aggregate()
	}
	columns := make([]int, len(b.query.Find))
	for i, e := range b.query.Find {
		columns[i] = b.column(e.Var)
	}
	if err := b.guard.Hold(int64(b.table.Len()) * (rowBytes + valueBytes*int64(len(columns)))); err != nil {
		return nil, err
	}
	rows := make([]row, b.table.Len())
	cells := make([]edn.Value, len(rows)*len(columns))
	for r := range rows {
		if err := b.guard.Step(); err != nil {
			return nil, err
		}
		values := cells[r*len(columns) : (r+1)*len(columns) : (r+1)*len(columns)]
		for i, c := range columns {
			values[i] = b.table.Value(r, c)
		}
		rows[r] = row{values: values, from: r}
	}
	return rows, nil
}

// cut applies :offset and :limit, and leaves one row where the shape has one.
func (b *builder) cut(rows []row) []row {
	rows = rows[min(b.query.Offset, len(rows)):]
	n := len(rows)
	if b.query.Limit >= 0 {
		n = min(n, b.query.Limit)
	}
	if b.query.Shape == lang.Scalar || b.query.Shape == lang.Tuple {
		n = min(n, 1)
	}
	return rows[:n]
}

// pull puts what is pulled in the place of the entities.
func (b *builder) pull(rows []row) ([][]edn.Value, error) {
	out := make([][]edn.Value, len(rows))
	for i, r := range rows {
		out[i] = r.values
	}
	for c, e := range b.query.Find {
		if !e.Pull {
			continue
		}
		s := b.program.Sources[e.Source]
		puller := pull.New(s, b.guard)
		for i, r := range rows {
			tree, err := b.tree(s, e, r.from)
			if err != nil {
				return nil, err
			}
			if out[i][c], err = puller.Pull(b.ctx, tree, out[i][c]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// tree is the pattern of a pull: in the query, or the value of a variable.
func (b *builder) tree(s *logic.Source, e lang.Element, from int) (*lang.PullPattern, error) {
	if e.Tree != nil {
		return e.Tree, nil
	}
	tree, err := lang.ParsePull(b.table.Value(from, b.column(e.Pattern.Var)))
	if err == nil {
		err = logic.CheckPull(s, tree)
	}
	var refused *lang.Error
	if errors.As(err, &refused) {
		refused.Pos = e.Pos // the value has its place in another text, if any
	}
	return tree, err
}
