package oracle

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/logic"
)

// call evaluates a function for one row.
func (r *run) call(vars []lang.Var, row []edn.Value, c *logic.Call) (edn.Value, error) {
	if err := r.guard.Step(); err != nil {
		return edn.Value{}, err
	}
	args := make([]edn.Value, len(c.Args))
	for i, t := range c.Args {
		args[i] = t.Value
		if t.Kind == lang.Variable {
			args[i] = row[slices.Index(vars, t.Var)]
		}
	}
	return c.Eval(r.ctx, r.env, r, args)
}

func (r *run) predicate(rel relation, c *logic.Predicate) (relation, error) {
	out := relation{vars: rel.vars}
	for _, row := range rel.rows {
		v, err := r.call(rel.vars, row, &c.Call)
		if r.passes(err) {
			continue
		}
		if err != nil {
			return out, err
		}
		if fn.Truthy(v) {
			out.rows = append(out.rows, row)
		}
	}
	return out, nil
}

func (r *run) function(rel relation, c *logic.Function) (relation, error) {
	vars := c.Out.Vars(nil)
	terms := make([]lang.Term, len(vars))
	for i, v := range vars {
		terms[i] = lang.Term{Kind: lang.Variable, Var: v}
	}
	u := newUnifier(rel.vars, terms)
	out := relation{vars: u.vars}
	for _, row := range rel.rows {
		tuples, err := r.results(rel.vars, row, c, vars)
		if r.passes(err) {
			continue
		}
		if err != nil {
			return out, err
		}
		for _, tuple := range tuples {
			if next, ok := u.unify(row, tuple); ok {
				out.rows = append(out.rows, next)
			}
		}
	}
	return out.distinct(), nil
}

// results are what a function binds vars to for one row; none when it gives nil.
func (r *run) results(has []lang.Var, row []edn.Value, c *logic.Function, vars []lang.Var) ([][]edn.Value, error) {
	v, err := r.call(has, row, &c.Call)
	if err != nil || v.IsNil() {
		return nil, err
	}
	return logic.Destructure(c.Out, v, vars, r.guard.Rows)
}

// not keeps the rows for which the body has no answer.
func (r *run) not(rel relation, c *logic.Not) (relation, error) {
	out := relation{vars: rel.vars}
	for _, row := range rel.rows {
		seed := relation{rel.vars, [][]edn.Value{row}}.project(c.Join)
		found, err := r.body(seed, c.Body)
		if err != nil {
			return out, err
		}
		if len(found.rows) == 0 {
			out.rows = append(out.rows, row)
		}
	}
	return out, nil
}

// or extends each row by every answer of every branch.
func (r *run) or(rel relation, c *logic.Or) (relation, error) {
	out := relation{vars: slices.Clone(rel.vars)}
	for _, v := range c.Join {
		out.vars = lang.AppendVar(out.vars, v)
	}
	for _, row := range rel.rows {
		seed := relation{rel.vars, [][]edn.Value{row}}.project(c.Join)
		for _, branch := range c.Branches {
			found, err := r.body(seed, branch)
			if err != nil {
				return out, err
			}
			for _, answer := range found.rows {
				next := make([]edn.Value, len(out.vars))
				copy(next, row)
				for i, v := range out.vars[len(row):] {
					next[len(row)+i] = answer[slices.Index(found.vars, v)]
				}
				out.rows = append(out.rows, next)
			}
		}
	}
	return out.distinct(), nil
}
