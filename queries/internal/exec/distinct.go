package exec

import (
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// distinct keeps the first of equal rows, where there may be any. When time is up it
// stops with some of them: the step that it is part of ends with an error then.
func (r *run) distinct(all *rel) *rel {
	switch {
	case !all.dups:
		return all
	case len(all.cols) == 0:
		return &rel{n: min(all.n, 1)}
	case rising(all.cols, all.n):
		return &rel{vars: all.vars, cols: all.cols, n: all.n}
	}
	ix := newIndex(all.cols, all.n)
	first := make([]int32, 0, all.n)
	for row := range int32(all.n) {
		if row%checkEvery == 0 && r.guard.Check() != nil {
			break
		}
		if ix.add(row) {
			first = append(first, row)
		}
	}
	if len(first) == all.n {
		return &rel{vars: all.vars, cols: all.cols, n: all.n}
	}
	out := all.rows(first)
	out.dups = false
	return out
}

// project is the distinct values that rows have for some variables.
func (r *run) project(all *rel, vars []lang.Var) *rel {
	kept := all.keep(vars)
	if kept == all {
		return r.distinct(all)
	}
	return r.distinct(&rel{vars: kept.vars, cols: kept.cols, n: kept.n, dups: true})
}

// rising tells whether each row is greater than the one before it, which is how rows come from indexes.
func rising(cols [][]term, n int) bool {
	for row := 1; row < n; row++ {
		if !less(cols, row-1, row) {
			return false
		}
	}
	return true
}

func less(cols [][]term, a, b int) bool {
	for _, col := range cols {
		if col[a] != col[b] {
			return col[a] < col[b]
		}
	}
	return false
}
