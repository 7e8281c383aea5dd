package exec

import (
	"context"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// caller calls a function for the rows of a relation. The results for one
// variable's values are kept: equal arguments give equal results.
type caller struct {
	run  *run
	call *logic.Call
	args []edn.Value
	cols [][]term // one an argument, nil for a constant
	memo map[term]edn.Value
	only []term // the column that decides, when there is just one
}

func (r *run) caller(now *rel, call *logic.Call) *caller {
	c := &caller{run: r, call: call, args: make([]edn.Value, len(call.Args)), cols: make([][]term, len(call.Args))}
	for i, t := range call.Args {
		c.args[i] = t.Value
		if t.Kind == lang.Variable {
			c.cols[i] = now.col(t.Var)
		}
	}
	if vars := lang.TermVars(nil, call.Args); len(vars) == 1 && pure(call) {
		c.only, c.memo = now.col(vars[0]), map[term]edn.Value{}
	}
	return c
}

// at calls the function for one row.
func (c *caller) at(row int) (edn.Value, error) {
	if err := c.run.guard.Step(); err != nil {
		return edn.Value{}, err
	}
	if c.only != nil {
		if v, ok := c.memo[c.only[row]]; ok {
			return v, nil
		}
	}
	args := slices.Clone(c.args)
	for i, col := range c.cols {
		if col != nil {
			args[i] = c.run.dict.Value(col[row])
		}
	}
	v, err := c.call.Eval(c.run.ctx, c.run.env, c.run, args)
	if err == nil && c.only != nil {
		c.memo[c.only[row]] = v
	}
	return v, err
}

// predicate keeps the rows for which a call is true.
func (r *run) predicate(now *rel, p *logic.Predicate, keep []lang.Var) (*rel, error) {
	holds, err := r.test(now, &p.Call)
	if err != nil {
		return nil, err
	}
	var rows []int32
	for row := range now.n {
		ok, err := holds(row)
		if err == nil && row%checkEvery == 0 {
			err = r.guard.Check()
		}
		if err != nil {
			return nil, err
		}
		if ok {
			rows = append(rows, int32(row))
		}
	}
	kept := now.keep(keep)
	if len(rows) == now.n {
		return kept, nil
	}
	return kept.rowsUntil(r.guard.Check, rows), r.guard.Check()
}

// test is a predicate over rows: one of integers where the call compares two
// of them, the function itself elsewhere.
func (r *run) test(now *rel, call *logic.Call) (func(row int) (bool, error), error) {
	c := r.caller(now, call)
	slow := func(row int) (bool, error) {
		v, err := c.at(row)
		return fn.Truthy(v), err
	}
	holds, ok := comparisons[call.Fn.Name]
	if !ok || len(call.Args) != 2 || call.Negate {
		return slow, nil
	}
	x, y := r.terms(now, call.Args[0]), r.terms(now, call.Args[1])
	return func(row int) (bool, error) {
		if a, b := x(row), y(row); a.IsInt() && b.IsInt() {
			return holds(a.Int(), b.Int()), r.guard.Step()
		}
		return slow(row)
	}, nil
}

var comparisons = map[string]func(a, b int64) bool{
	"=":    func(a, b int64) bool { return a == b },
	"!=":   func(a, b int64) bool { return a != b },
	"not=": func(a, b int64) bool { return a != b },
	"<":    func(a, b int64) bool { return a < b },
	"<=":   func(a, b int64) bool { return a <= b },
	">":    func(a, b int64) bool { return a > b },
	">=":   func(a, b int64) bool { return a >= b },
}

// terms reads an argument row by row.
func (r *run) terms(now *rel, t lang.Term) func(row int) term {
	if t.Kind == lang.Variable {
		col := now.col(t.Var)
		return func(row int) term { return col[row] }
	}
	k := r.dict.Of(t.Value)
	return func(int) term { return k }
}

// function binds the results of a call, or filters by those that are bound already.
func (r *run) function(now *rel, f *logic.Function, keep []lang.Var) (*rel, error) {
	out := f.Out.Vars(nil)
	if f.Call.Fn.Kind == fn.Pure && pure(&f.Call) && len(lang.TermVars(nil, f.Call.Args)) == 0 {
		return r.always(now, f, out, keep)
	}
	bound, fresh := shared(out, now.vars), without(out, now.vars)
	c := r.caller(now, &f.Call)
	b := &growing{run: r, rel: rel{vars: append(shared(now.vars, keep), shared(fresh, keep)...), dups: f.Out.Kind != lang.BindVar}}
	b.cols = make([]pieces, len(b.vars))
	for row := range now.n {
		v, err := c.at(row)
		if err != nil {
			return nil, err
		}
		if v.IsNil() {
			continue
		}
		tuples, err := logic.Destructure(f.Out, v, out, r.guard.Rows)
		if err != nil {
			return nil, err
		}
		for _, tuple := range tuples {
			if err := r.bindRow(b, now, row, out, tuple, bound); err != nil {
				return nil, err
			}
		}
	}
	if f.Out.Kind == lang.BindVar && pure(&f.Call) {
		r.scope.depend(f.Out.Var, lang.TermVars(nil, f.Call.Args)...)
	}
	return b.finish()
}

// always joins what a call gives that has no variables: it is called and taken apart once for all rows.
func (r *run) always(now *rel, f *logic.Function, out, keep []lang.Var) (*rel, error) {
	v, err := r.caller(unit(), &f.Call).at(0)
	if err != nil {
		return nil, err
	}
	given := &rel{vars: out, cols: make([][]term, len(out)), dups: true}
	if !v.IsNil() {
		tuples, err := logic.Destructure(f.Out, v, out, r.guard.Rows)
		if err != nil {
			return nil, err
		}
		given.n = len(tuples)
		for i, tuple := range tuples {
			if i%checkEvery == 0 {
				if err := r.guard.Check(); err != nil {
					return nil, err
				}
			}
			for c, x := range tuple {
				given.cols[c] = append(given.cols[c], r.dict.Of(x))
			}
		}
	}
	if f.Out.Kind == lang.BindVar {
		r.scope.depend(f.Out.Var)
	}
	return r.join(now, r.distinct(given), keep)
}

// bindRow adds a row extended by a tuple of values, if it agrees with what is bound.
func (r *run) bindRow(b *growing, now *rel, row int, out []lang.Var, tuple []edn.Value, bound []lang.Var) error {
	for i, v := range out {
		if slices.Contains(bound, v) && now.col(v)[row] != r.dict.Of(tuple[i]) {
			return nil
		}
	}
	for c, v := range b.vars {
		if now.has(v) {
			b.cols[c].add(now.col(v)[row])
		} else {
			b.cols[c].add(r.dict.Of(tuple[slices.Index(out, v)]))
		}
	}
	return b.row()
}

// Ask runs a query inside of the query.
func (r *run) Ask(ctx context.Context, q *lang.Query, inputs []logic.Input) (edn.Value, error) {
	return r.ask(ctx, q, inputs)
}

// pure tells whether equal arguments give equal results.
func pure(call *logic.Call) bool { return call.Fn.Name != "rand" && call.Fn.Name != "rand-int" }
