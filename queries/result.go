package queries

import (
	"time"

	"github.com/dhfs/dhfs/engine/edn"
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

// Result is the answer. Rows are in an order that is the same every time: that
// of :order-by, and where it does not decide, that of the values. Collection and Scalar
// rows have one column; Tuple and Scalar have at most one row.
type Result struct {
	Shape   Shape
	Columns []string // "?name", "(count ?o)", or the names of :keys, :strs, :syms
	Maps    edn.Kind // Keyword, String or Symbol when :keys, :strs or :syms was given: rows print as maps; else Nil
	Rows    [][]edn.Value
	Stats   Stats

	bag bool // the value of a relation is a vector: rows are in an order that was asked for, or may be equal
}

// Stats is how a query was run. Plan is text for people.
type Stats struct {
	Plan     string
	Elapsed  time.Duration
	Scanned  int      // datoms looked at
	Warnings []string // attributes that do not exist, where the schema is on read
}

func newResult(q *lang.Query, rows [][]edn.Value) *Result {
	r := &Result{Shape: Shape(q.Shape), Rows: rows, bag: q.Ordered() || q.Aggregates() || len(q.With) > 0}
	for i, e := range q.Find {
		r.bag = r.bag || e.Pull
		if q.Keys == nil {
			r.Columns = append(r.Columns, e.Text)
			continue
		}
		r.Columns = append(r.Columns, q.Keys[i].Text())
		r.Maps = q.Keys[i].Kind()
	}
	return r
}

// Value is the result as one EDN value, as Datomic would return it: a relation is a set of
// vectors, in the order of Rows; it is a vector of them when the query has an order,
// aggregates, pulls or :with. A tuple or scalar without a row is nil.
func (r *Result) Value() edn.Value {
	switch {
	case r.Shape == Scalar && len(r.Rows) > 0:
		return r.Rows[0][0]
	case r.Shape == Tuple && len(r.Rows) > 0:
		return r.row(r.Rows[0])
	case r.Shape == Scalar || r.Shape == Tuple:
		return edn.MakeNil()
	}
	items := make([]edn.Value, len(r.Rows))
	for i, row := range r.Rows {
		if r.Shape == Collection {
			items[i] = row[0]
		} else {
			items[i] = r.row(row)
		}
	}
	if r.Shape == Collection || r.bag {
		return edn.MakeVector(items...)
	}
	return edn.MakeSet(items...)
}

// row is a vector or, with :keys, :strs or :syms, a map.
func (r *Result) row(row []edn.Value) edn.Value {
	if r.Maps == edn.Nil {
		return edn.MakeVector(row...)
	}
	label := map[edn.Kind]func(string) edn.Value{edn.Keyword: edn.MakeKeyword, edn.String: edn.MakeString, edn.Symbol: edn.MakeSymbol}[r.Maps]
	var pairs []edn.Value
	for i, v := range row {
		pairs = append(pairs, label(r.Columns[i]), v)
	}
	return edn.MakeMap(pairs...)
}
