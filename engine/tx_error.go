package engine

import (
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// TxError is tx data that was refused: nothing was written.
//
// Codes, and the category of the conformance suite where there is one:
//
//	transact/syntax     a form that means nothing
//	transact/nil        nil where a value is wanted (nil-value)
//	transact/attribute  an unknown attribute (unknown-attribute)
//	transact/value      a value that the attribute cannot have (value-type)
//	transact/schema     a definition or change of an attribute that cannot be
//	transact/unique     a value that belongs to another entity (unique-conflict)
//	transact/upsert     one entity that unique values say is two (unique-conflict)
//	transact/conflict   forms that contradict each other
//	transact/cas        a compare-and-swap that found another value (cas-failed)
//	transact/ensure     an entity that does not meet its spec
//	transact/instant    a :db/txInstant that does not rise, or lies in the future
//	transact/purge      what cannot be purged
//	entity-id/syntax    no entity can be written like that
//	entity-id/missing   nothing is found under a lookup ref, ident or id (lookup-missing)
//	lookup-ref/syntax   a lookup ref that is not [attribute value]
//	lookup-ref/unique   a lookup ref by an attribute that is not unique (lookup-not-unique)
type TxError struct {
	Code string  // "transact/unique", Datahike's where it has one, without the colon
	Pos  edn.Pos // of the form at fault
	Msg  string
	Hint string
}

const (
	codeSyntax       = "transact/syntax"
	codeNil          = "transact/nil"
	codeAttribute    = "transact/attribute"
	codeValue        = "transact/value"
	codeSchema       = "transact/schema"
	codeUnique       = "transact/unique"
	codeUpsert       = "transact/upsert"
	codeConflict     = "transact/conflict"
	codeCas          = "transact/cas"
	codeEnsure       = "transact/ensure"
	codeInstant      = "transact/instant"
	codePurge        = "transact/purge"
	codeEntity       = "entity-id/syntax"
	codeMissing      = "entity-id/missing"
	codeLookup       = "lookup-ref/syntax"
	codeLookupUnique = "lookup-ref/unique"
)

// Error is the position where there is one, the message and the code. The hint is for the caller to print.
func (e *TxError) Error() string {
	if e.Pos == (edn.Pos{}) {
		return fmt.Sprintf("%s (%s)", e.Msg, e.Code)
	}
	return fmt.Sprintf("%d:%d: %s (%s)", e.Pos.Line, e.Pos.Col, e.Msg, e.Code)
}

func refuse(code string, pos edn.Pos, hint, format string, args ...any) error {
	return &TxError{Code: code, Pos: pos, Hint: hint, Msg: fmt.Sprintf(format, args...)}
}

// refused tells whether err is tx data refused with the code.
func refused(err error, code string) bool {
	var e *TxError
	return errors.As(err, &e) && e.Code == code
}

// show is a value in a message.
func show(v Value) string { return brief(ToEDN(v)) }

// showRef is a lookup ref in a message.
func showRef(a *Attribute, v Value) string { return "[:" + a.Ident + " " + show(v) + "]" }
