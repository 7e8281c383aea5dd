// Package lang is the query language as text: it parses queries and rules into
// clauses and refuses what can be refused without looking at any data.
package lang

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// Error is a query that was refused or stopped.
type Error struct {
	Code string
	Pos  edn.Pos
	Msg  string
	Hint string
}

// Error is the position where there is one, the message and the code.
func (e *Error) Error() string {
	if e.Pos == (edn.Pos{}) {
		return fmt.Sprintf("%s (%s)", e.Msg, e.Code)
	}
	return fmt.Sprintf("%d:%d: %s (%s)", e.Pos.Line, e.Pos.Col, e.Msg, e.Code)
}

// The codes of errors.
const (
	Syntax            = "query/syntax"
	UnknownVar        = "query/unknown-var"
	UnknownSource     = "query/unknown-source"
	UnknownFn         = "query/unknown-fn"
	FnArity           = "query/fn-arity"
	UnknownAggregate  = "query/unknown-aggregate"
	UnknownRule       = "query/unknown-rule"
	MissingRules      = "query/missing-rules"
	RuleArity         = "query/rule-arity"
	InputArity        = "query/input-arity"
	BindArity         = "query/bind-arity"
	ReturnMapArity    = "query/return-map-arity"
	ReturnMapFindForm = "query/return-map-find-form"
	Insufficient      = "query/insufficient-bindings"
	OrVarsMismatch    = "query/or-vars-mismatch"
	WithOverlapsFind  = "query/with-overlaps-find"
	LookupMissing     = "query/lookup-missing"
	LookupNotUnique   = "query/lookup-not-unique"
	NilDefault        = "query/nil-default"
	BadPattern        = "query/bad-pattern"
	UnknownAttribute  = "query/unknown-attribute"
	BadInput          = "query/bad-input" // an input that is of another form than its binding
	BadValue          = "query/value"     // a function or aggregate got values that it cannot work with
	DeniedRecursion   = "query/recursive-not"
	Limit             = "query/limit"
	NoBasis           = "query/basis"
)

// Refuse makes an error about the form at pos.
func Refuse(code string, pos edn.Pos, format string, args ...any) *Error {
	return &Error{Code: code, Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// Try adds what the user could do instead.
func (e *Error) Try(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// maybeKeyword is maybe for a keyword.
func (e *Error) maybeKeyword(written edn.Value, names []string) *Error {
	if near := Nearest(written.Text(), names); near != "" {
		return e.Try("did you mean :%s?", near)
	}
	return e
}

// maybe adds the nearest of names to what was written, if one is near.
func (e *Error) maybe(written string, names []string) *Error {
	if near := Nearest(written, names); near != "" {
		return e.Try("did you mean %s?", near)
	}
	return e
}
