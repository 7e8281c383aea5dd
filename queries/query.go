// Package queries answers Datalog queries and pulls over database values and
// collections of tuples.
//
// The language is Datomic's dialect: find specs, inputs, patterns, predicates,
// functions, not, or, rules, aggregates, pull, and databases at several points in
// time as sources of one query. A query is checked before any data is read: the
// order of clauses never matters, and what cannot be answered is refused with the
// place in the text.
package queries

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// Query is a parsed query. It can be run any number of times, from many goroutines at once.
type Query struct {
	parsed *lang.Query
	text   string // which tells it from any other
}

// Parse reads a query in its vector, map or argument-map form; errors are *Error with line and column.
func Parse(text string) (*Query, error) {
	q, err := lang.Parse(text)
	if err != nil {
		return nil, public(err)
	}
	return &Query{q, text}, nil
}

// ParseForm is Parse for a form that was read already.
func ParseForm(form edn.Value) (*Query, error) {
	q, err := lang.ParseForm(form)
	if err != nil {
		return nil, public(err)
	}
	return &Query{q, form.String()}, nil
}

// Error is a query that was refused or stopped.
type Error struct {
	Code string // "query/unknown-attribute", …
	Pos  edn.Pos
	Msg  string
	Hint string // "did you mean :person/name?"
}

// Error is the position where there is one, the message and the code. The hint is for the caller to print.
func (e *Error) Error() string {
	if e.Pos == (edn.Pos{}) {
		return fmt.Sprintf("%s (%s)", e.Msg, e.Code)
	}
	return fmt.Sprintf("%d:%d: %s (%s)", e.Pos.Line, e.Pos.Col, e.Msg, e.Code)
}

// public is the error as callers see it.
func public(err error) error {
	var e *lang.Error
	if errors.As(err, &e) {
		return &Error{Code: e.Code, Pos: e.Pos, Msg: e.Msg, Hint: e.Hint}
	}
	return err
}

// Limits stop a query that gets out of hand with an *Error of code "query/limit". Zero means the default:
// 20 million rows, 2 GiB, two minutes. A :timeout in the query can only shorten the time.
type Limits struct {
	Rows    int           // in any one intermediate result
	Memory  int64         // bytes, estimated
	Timeout time.Duration // wall clock
}

// In describes the inputs that a query takes, in order: "$", "$other", "%", "?x", "[?x ...]", …
func (q *Query) In() []string {
	var names []string
	for _, in := range q.parsed.In {
		names = append(names, in.Text)
	}
	return names
}

// Bind collects the inputs in the order of :in. source gives the databases (and
// collections) whose names begin with $; where is what :sources of the argument-map form
// says of the name, "" if nothing. All others are taken from :args and, when those are used up,
// from args. Where :args has a value for every name, as in {:query […] :args [db "Ada"]}, those for
// sources are tuples to be asked, or symbols, which stand for what source gives.
func (q *Query) Bind(source func(name, where string) (Input, error), args []edn.Value) ([]Input, error) {
	all := len(q.parsed.Args) == len(q.parsed.In)
	args = append(q.parsed.Args[:len(q.parsed.Args):len(q.parsed.Args)], args...)
	var inputs []Input
	for _, in := range q.parsed.In {
		var v edn.Value
		if in.Kind != lang.BindSource || all {
			if len(args) == 0 {
				return nil, public(lang.Refuse(lang.InputArity, in.Pos, "the query wants a value for %s and there is none left", in.Text))
			}
			v, args = args[0], args[1:]
		}
		if in.Kind != lang.BindSource || all && v.Kind() != edn.Symbol {
			inputs = append(inputs, Value(v))
			continue
		}
		input, err := source(in.Name, q.parsed.Sources[in.Name])
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, input)
	}
	if len(args) > 0 {
		return nil, public(lang.Refuse(lang.InputArity, q.parsed.Pos, "there are %d values more than the query takes", len(args)))
	}
	return inputs, nil
}

// Pull reads a tree of attributes of one entity; nil for a missing one. entity is an id, lookup ref or ident.
func Pull(ctx context.Context, db engine.DB, pattern, entity edn.Value) (edn.Value, error) {
	v, err := pullOne(ctx, db, pattern, entity)
	return v, public(err)
}
