package oracle

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// relation is a set of rows that give values to variables.
type relation struct {
	vars []lang.Var
	rows [][]edn.Value
}

// product pairs all rows. The variables differ.
func (r relation) product(other relation) relation {
	out := relation{vars: append(slices.Clone(r.vars), other.vars...)}
	for _, a := range r.rows {
		for _, b := range other.rows {
			out.rows = append(out.rows, append(slices.Clone(a), b...))
		}
	}
	return out
}

// project keeps the given variables, those of them that there are, and each different row once.
func (r relation) project(vars []lang.Var) relation {
	var out relation
	var columns []int
	for _, v := range vars {
		if i := slices.Index(r.vars, v); i >= 0 {
			out.vars, columns = append(out.vars, v), append(columns, i)
		}
	}
	seen := map[string]bool{}
	for _, row := range r.rows {
		next := make([]edn.Value, len(columns))
		for i, c := range columns {
			next[i] = row[c]
		}
		if k := rowKey(next); !seen[k] {
			seen[k] = true
			out.rows = append(out.rows, next)
		}
	}
	return out
}

func (r relation) distinct() relation { return r.project(r.vars) }

// rowKey is text that two rows share exactly when they are the same.
func rowKey(row []edn.Value) string {
	var key []byte
	for _, v := range row {
		key = append(fn.AppendKey(key, v), 0)
	}
	return string(key)
}

// extend makes a relation with the variables of terms added, its rows still to come.
func (r relation) extend(vars []lang.Var) relation {
	out := relation{vars: slices.Clone(r.vars)}
	for _, v := range vars {
		out.vars = lang.AppendVar(out.vars, v)
	}
	return out
}

// unify extends a row such that each term has its value, or tells that it cannot be.
// vars are the variables of the result, those of the row first.
func unify(vars []lang.Var, row []edn.Value, terms []lang.Term, values []edn.Value) ([]edn.Value, bool) {
	for i, t := range terms {
		if t.Kind == lang.Constant && !same(t.Value, values[i]) {
			return nil, false
		}
		if t.Kind != lang.Variable {
			continue
		}
		if at := slices.Index(vars[:len(row)], t.Var); at >= 0 && !same(row[at], values[i]) {
			return nil, false
		}
		for j, before := range terms[:i] {
			if before.Kind == lang.Variable && before.Var == t.Var && !same(values[j], values[i]) {
				return nil, false
			}
		}
	}
	next := append(make([]edn.Value, 0, len(vars)), row...)
	for _, v := range vars[len(row):] {
		next = append(next, values[slices.IndexFunc(terms, func(t lang.Term) bool { return t.Kind == lang.Variable && t.Var == v })])
	}
	return next, true
}

// same tells whether two values join.
func same(a, b edn.Value) bool {
	switch {
	case a.Kind() == edn.Int && b.Kind() == edn.Int:
		return a.Int() == b.Int()
	case a.Kind() != b.Kind() && a.Kind() != edn.List && b.Kind() != edn.List:
		return false
	case a.Kind() == edn.Keyword || a.Kind() == edn.String:
		return a.Text() == b.Text()
	}
	return fn.Key(a) == fn.Key(b)
}
