package exec

import (
	"github.com/dhfs/dhfs/engine"
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
	case r.rising(all.cols, all.n):
		return &rel{vars: all.vars, cols: all.cols, n: all.n}
	}
	if len(all.cols) == 1 {
		if first, ok := firstOnes(all.cols[0]); first != nil || ok {
			return r.first(all, first)
		}
	}
	ix := r.newIndex(all.cols, all.n)
	first := make([]int32, 0, all.n)
	for row := range int32(all.n) {
		if row%checkEvery == 0 && r.guard.Check() != nil {
			break
		}
		if ix.add(row) {
			first = append(first, row)
		}
	}
	return r.first(all, first)
}

// first is the rows that are the first of equal ones; nil: all.
func (r *run) first(all *rel, rows []int32) *rel {
	if rows == nil || len(rows) == all.n {
		return &rel{vars: all.vars, cols: all.cols, n: all.n}
	}
	out := all.rowsUntil(r.guard.Check, rows)
	out.dups = false
	return out
}

// maxGap is how many bits there may be for each row in firstOnes.
const maxGap = 32

// firstOnes finds the first of equal terms in a column of terms that are close together, by a bit for each that
// there may be. once tells that all are different, and first is nil then; it is nil too, and once false, when they are not close.
func firstOnes(col []term) (first []int32, once bool) {
	if len(col) == 0 {
		return nil, true
	}
	low, high := col[0], col[0]
	for _, t := range col {
		if t.Tag() != low.Tag() {
			return nil, false
		}
		low, high = lesser(low, t), greater(high, t)
	}
	spread := uint64(high-low)>>engine.TagBits + 1
	if spread > uint64(maxGap*len(col)+1024) {
		return nil, false
	}
	seen := make([]uint64, spread/64+1)
	for i, t := range col {
		b := uint64(t-low) >> engine.TagBits
		if seen[b/64]>>(b%64)&1 == 0 {
			seen[b/64] |= 1 << (b % 64)
			if first != nil {
				first = append(first, int32(i))
			}
			continue
		}
		if first == nil {
			first = make([]int32, i, len(col))
			for j := range first {
				first[j] = int32(j)
			}
		}
	}
	return first, first == nil
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
func (r *run) rising(cols [][]term, n int) bool {
	for row := 1; row < n; row++ {
		if row%stretch == 0 && r.guard.Check() != nil || !less(cols, row-1, row) {
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
