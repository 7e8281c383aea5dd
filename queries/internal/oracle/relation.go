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
