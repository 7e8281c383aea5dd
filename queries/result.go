package queries

import (
	"fmt"
	"iter"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/answer"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Shape is the form of the find clause, which decides how a result is printed.
type Shape uint8

const (
	Relation   Shape = iota // :find ?a ?b
	Collection              // :find [?a ...]
	Tuple                   // :find [?a ?b]
	Scalar                  // :find ?a .
)

// Result is the answer. It keeps columns, and makes values of what is asked for. Rows are
// in an order that is the same every time: that of :order-by, and where it does not decide,
// that of the values. Collection and Scalar rows have one column; Tuple and Scalar
// have at most one row. Any number of goroutines may read a result.
type Result struct {
	Shape   Shape
	Columns []string // "?name", "(count ?o)", or the names of :keys, :strs, :syms
	Maps    edn.Kind // Keyword, String or Symbol when :keys, :strs or :syms was given: rows print as maps; else Nil
	Stats   Stats

	rows *answer.Rows
	bag  bool // the value of a relation is a vector: rows are in an order that was asked for, or may be equal
}

// Stats is how a query was run.
type Stats struct {
	Plan     Plan
	Elapsed  time.Duration
	Rows     int
	Scanned  int      // datoms looked at
	Blocks   int64    // read from the store; what the cache in memory has does not count
	Bytes    int64    // of those blocks
	Cached   int64    // of those blocks: those that a cache on disk had
	Nodes    int64    // that the cache in memory had
	Kept     bool     // the answer was known from an earlier run on databases that are equal in all that the query reads
	Warnings []string // attributes that do not exist, where the schema is on read
}

// String is a line for people.
func (s Stats) String() string {
	line := fmt.Sprintf("%d rows, %d datoms looked at, %s", s.Rows, s.Scanned, s.Elapsed.Round(time.Microsecond))
	if s.Nodes > 0 {
		line += fmt.Sprintf(", %d nodes from memory (%d %%)", s.Nodes, 100*s.Nodes/(s.Nodes+s.Blocks))
	}
	switch {
	case s.Kept:
		line += ", as it was answered before"
	case s.Blocks > 0:
		line += fmt.Sprintf(", %d blocks of %d bytes read", s.Blocks, s.Bytes)
	}
	if s.Cached > 0 {
		line += fmt.Sprintf(", %d of them from the cache on disk (%d %%)", s.Cached, 100*s.Cached/max(1, s.Blocks))
	}
	return line
}

func newResult(q *lang.Query, rows *answer.Rows) *Result {
	r := &Result{Shape: Shape(q.Shape), rows: rows, bag: q.Ordered() || q.Aggregates() || len(q.With) > 0}
	r.Columns = make([]string, len(q.Find))
	for i, e := range q.Find {
		r.bag = r.bag || e.Pull
		r.Columns[i] = e.Text
		if q.Keys != nil {
			r.Columns[i], r.Maps = q.Keys[i].Text(), q.Keys[i].Kind()
		}
	}
	return r
}

// NewResult makes a relation of rows that come from elsewhere, to be written as
// results are. Each row has a value for each column; they stay in their order.
func NewResult(columns []string, rows ...[]edn.Value) *Result {
	cols := make([]answer.Column, len(columns))
	for _, row := range rows {
		for c := range cols {
			cols[c].Values = append(cols[c].Values, row[c])
		}
	}
	return &Result{Columns: columns, rows: answer.NewRows(len(rows), cols)}
}

// Len is the number of rows.
func (r *Result) Len() int { return r.rows.Len() }

// Cell is the value in a row and a column, both counted from 0.
func (r *Result) Cell(row, column int) edn.Value { return r.rows.Value(row, column) }

// Row is one row, which belongs to the caller.
func (r *Result) Row(i int) []edn.Value {
	row, place := make([]edn.Value, len(r.Columns)), r.rows.Place(i)
	for c := range row {
		row[c] = r.rows.At(c, place)
	}
	return row
}

// All iterates over the rows. Each belongs to the caller.
func (r *Result) All() iter.Seq[[]edn.Value] {
	return func(yield func([]edn.Value) bool) {
		for i := range r.Len() {
			if !yield(r.Row(i)) {
				return
			}
		}
	}
}

// First is the same result with nothing but its first n rows, or all when there are fewer.
func (r *Result) First(n int) *Result {
	first := *r
	first.rows = r.rows.First(n)
	return &first
}

// Bytes is about what the result holds in memory, some of which it may share with others.
func (r *Result) Bytes() int64 { return r.rows.Bytes() }

// Value is the result as one EDN value, as Datomic would return it: a relation is a set of
// vectors, in the order of the rows; it is a vector of them when the query has an order,
// aggregates, pulls or :with. A tuple or scalar without a row is nil.
func (r *Result) Value() edn.Value {
	switch n := r.Len(); {
	case r.Shape == Scalar && n > 0:
		return r.Cell(0, 0)
	case r.Shape == Tuple && n > 0:
		return r.item(r.Row(0))
	case r.Shape == Scalar || r.Shape == Tuple:
		return edn.MakeNil()
	}
	items := make([]edn.Value, r.Len())
	for i := range items {
		if r.Shape == Collection {
			items[i] = r.Cell(i, 0)
		} else {
			items[i] = r.item(r.Row(i))
		}
	}
	if r.isVector() {
		return edn.MakeVector(items...)
	}
	return edn.MakeSet(items...)
}

// isVector tells whether the value of several rows is a vector, and not a set.
func (r *Result) isVector() bool { return r.Shape == Collection || r.bag }

// item is a row as a vector or, with :keys, :strs or :syms, a map.
func (r *Result) item(row []edn.Value) edn.Value {
	if r.Maps == edn.Nil {
		return edn.MakeVector(row...)
	}
	pairs := make([]edn.Value, 0, 2*len(row))
	for i, v := range row {
		pairs = append(pairs, r.label(i), v)
	}
	return edn.MakeMap(pairs...)
}

// label is the key of a column in rows that are maps.
func (r *Result) label(column int) edn.Value {
	switch name := r.Columns[column]; r.Maps {
	case edn.Keyword:
		return edn.MakeKeyword(name)
	case edn.Symbol:
		return edn.MakeSymbol(name)
	default:
		return edn.MakeString(name)
	}
}
