package terms

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Table is the rows that an evaluator found, a column for each of the variables that
// were asked for. They are distinct, in no order. Columns may be shared with
// caches and with each other: read only.
type Table struct {
	Cols [][]engine.Term
	N    int
	Dict *Dict

	// Weights, where not nil, say for how many distinct rows each row stands that differ only in variables
	// whose columns are nil: then all that is asked for of those is to be counted.
	Weights []int64
}

// Len is the number of rows.
func (t *Table) Len() int { return t.N }

// Value is the value in a row and column.
func (t *Table) Value(row, column int) edn.Value { return t.Dict.Value(t.Cols[column][row]) }
