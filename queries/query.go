// Package queries answers Datalog queries and pulls over database values and
// collections of tuples.
package queries

import (
	"context"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// Query is a parsed query: vector, map or argument-map form.
type Query struct{}

// Parse reads a query; errors are *Error with line and column.
func Parse(text string) (*Query, error) { panic("spec") }

// ParseForm is Parse for a form that was read already.
func ParseForm(form edn.Value) (*Query, error) { panic("spec") }

// Error is a query that was refused or stopped.
type Error struct {
	Code string // "query/unknown-attribute", …, the categories of the conformance suite
	Pos  edn.Pos
	Msg  string
	Hint string // "did you mean :person/name?"
}

func (e *Error) Error() string { panic("spec") }

// Input is what one :in name is bound to: a database, or any EDN value (scalar, tuple, collection, relation, rules).
type Input struct {
	db    engine.DB
	isDB  bool
	value edn.Value
}

// DB makes a database an input, Value anything else.
func DB(db engine.DB) Input   { return Input{db: db, isDB: true} }
func Value(v edn.Value) Input { return Input{value: v} }

// Limits stop a query that gets out of hand with an *Error of code "query/limit". Zero means the default.
type Limits struct {
	Rows    int
	Memory  int64
	Timeout time.Duration
}

// Shape is the form of the find clause, which decides how a result is printed.
type Shape uint8

const (
	Relation   Shape = iota // :find ?a ?b
	Collection              // :find [?a ...]
	Tuple                   // :find [?a ?b]
	Scalar                  // :find ?a .
)

// Result is the answer. Rows are in an order that is the same every time. Collection and Scalar
// rows have one column; Tuple and Scalar have at most one row.
type Result struct {
	Shape   Shape
	Columns []string // "?name", "(count ?o)", or the names of :keys, :strs, :syms
	Maps    edn.Kind // Keyword, String or Symbol when :keys, :strs or :syms was given: rows print as maps; else Nil
	Rows    [][]edn.Value
	Stats   Stats
}

// Value is the result as one EDN value: what Datomic would return (a relation as a set of vectors in the order of Rows).
func (r *Result) Value() edn.Value { panic("spec") }

// Stats is how a query was run. Plan is text for people.
type Stats struct {
	Plan    string
	Elapsed time.Duration
	Scanned int // datoms looked at
}

// Run answers q. Inputs are in the order of :in.
func Run(ctx context.Context, q *Query, inputs []Input, l Limits) (*Result, error) { panic("spec") }

// RunNaive answers q by nested loops, without index or plan: the oracle that Run is checked against.
func RunNaive(ctx context.Context, q *Query, inputs []Input, l Limits) (*Result, error) {
	panic("spec")
}

// Pull reads a tree of attributes of one entity; MakeNil for a missing one. entity is an id, lookup ref or ident.
func Pull(ctx context.Context, db engine.DB, pattern, entity edn.Value) (edn.Value, error) {
	panic("spec")
}
