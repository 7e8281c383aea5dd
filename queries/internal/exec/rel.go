package exec

import (
	"slices"

	"github.com/dhfs/dhfs/queries/internal/lang"
)

// rel is a relation: a column of terms for each variable.
type rel struct {
	vars []lang.Var
	cols [][]term
	n    int
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

// keep is the relation with only these of its columns; rows may then be equal.
func (r *rel) keep(vars []lang.Var) *rel {
	kept := shared(r.vars, vars)
	return &rel{vars: kept, cols: r.columns(kept), n: r.n}
}

// rows is the relation with only these rows.
func (r *rel) rows(rows []int32) *rel {
	out := &rel{vars: r.vars, cols: make([][]term, len(r.cols)), n: len(rows)}
	for c, col := range r.cols {
		next := make([]term, len(rows))
		for i, row := range rows {
			next[i] = col[row]
		}
		out.cols[c] = next
	}
	return out
}

func (r *rel) bytes() int64 { return int64(8 * len(r.cols) * r.n) }

// distinct keeps the first of equal rows.
func (r *rel) distinct() *rel {
	if len(r.cols) == 0 {
		return &rel{n: min(r.n, 1)}
	}
	ix := newIndex(r.cols, r.n)
	var first []int32
	for row := range int32(r.n) {
		if ix.add(row) {
			first = append(first, row)
		}
	}
	if len(first) == r.n {
		return r
	}
	return r.rows(first)
}
