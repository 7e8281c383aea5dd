package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// rel is a relation: a column of terms for each variable. Columns may be shared with
// other relations and with caches: they are never written to once the relation is made.
type rel struct {
	vars []lang.Var
	cols [][]term
	n    int

	// dups says that rows may be equal where they stand for one.
	dups bool

	// weights, where not nil, say how many rows each row stands for: those that differ in what
	// was dropped and is only counted. Equal rows then add up.
	weights []int64
}

// unit has no variables and one row: nothing is known, and nothing excluded.
func unit() *rel { return &rel{n: 1} }

// none has these variables and no row.
func none(vars []lang.Var) *rel { return &rel{vars: vars, cols: make([][]term, len(vars))} }

func (r *rel) has(v lang.Var) bool { return slices.Contains(r.vars, v) }

// col is the column of a variable that the relation has.
func (r *rel) col(v lang.Var) []term { return r.cols[slices.Index(r.vars, v)] }

func (r *rel) columns(vars []lang.Var) [][]term {
	cols := make([][]term, len(vars))
	for i, v := range vars {
		cols[i] = r.col(v)
	}
	return cols
}

// shared lists the variables that two lists have in common.
func shared(a, b []lang.Var) []lang.Var {
	var both []lang.Var
	for _, v := range a {
		if slices.Contains(b, v) {
			both = append(both, v)
		}
	}
	return both
}

// without lists the variables of a that are not in b.
func without(a, b []lang.Var) []lang.Var {
	var rest []lang.Var
	for _, v := range a {
		if !slices.Contains(b, v) {
			rest = append(rest, v)
		}
	}
	return rest
}

// keep is the relation with only these of its columns. Whether rows are then equal is for the caller to know.
func (r *rel) keep(vars []lang.Var) *rel {
	kept := shared(r.vars, vars)
	if len(kept) == len(r.vars) {
		return r
	}
	return &rel{vars: kept, cols: r.columns(kept), n: r.n, dups: r.dups, weights: r.weights}
}

// weighted is the relation with each row standing for itself.
func (r *rel) weighted() *rel {
	return &rel{vars: r.vars, cols: r.cols, n: r.n, weights: fill(int64(1), r.n)}
}

// rows is the relation with only these rows.
func (r *rel) rows(rows []int32) *rel {
	return r.rowsUntil(func() error { return nil }, rows)
}

// rowsUntil is rows that stops, with the rest left zero, once stopped gives an error.
func (r *rel) rowsUntil(stopped func() error, rows []int32) *rel {
	out := &rel{vars: r.vars, cols: make([][]term, len(r.cols)), n: len(rows), dups: r.dups}
	for c, col := range r.cols {
		out.cols[c] = gatherUntil(stopped, col, rows)
	}
	if r.weights != nil {
		out.weights = gatherUntil(stopped, r.weights, rows)
	}
	return out
}

// gather is the elements of a column in these rows.
func gather[T any](col []T, rows []int32) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = col[row]
	}
	return out
}

// gatherUntil is gather that stops, with the rest left zero, once stopped gives an error.
func gatherUntil[T any](stopped func() error, col []T, rows []int32) []T {
	out := make([]T, len(rows))
	for lo := 0; lo < len(rows) && stopped() == nil; lo += 1 << 16 {
		part := rows[lo:min(lo+1<<16, len(rows))]
		for i, row := range part {
			out[lo+i] = col[row]
		}
	}
	return out
}

// fill is n times the same.
func fill[T any](x T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = x
	}
	return out
}

func (r *rel) bytes() int64 { return int64(8*len(r.cols)*r.n + 8*len(r.weights)) }
