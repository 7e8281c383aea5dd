//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
)

// fault is an error as a page is told of it. The codes are those of the command line.
type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	// Commit is the one, made here, that cannot be applied to what the server has.
	Commit *commit `json:"commit,omitempty"`
}

// failure is err as JSON.
func failure(err error) string {
	text, _ := json.Marshal(faultOf(err)) // strings and numbers always can
	return string(text)
}

func faultOf(err error) fault {
	f := fault{Code: "failed", Message: err.Error()}
	if !f.ofInput(err) {
		f.ofStore(err)
	}
	var cannot *refusedError
	if errors.As(err, &cannot) {
		c := commitOf(cannot.commit)
		f.Commit, f.Line, f.Column = &c, 0, 0 // nobody has written the forms that it was made of
		f.Hint = "drop it, or amend it with another transaction"
	}
	return f
}

// ofInput recognises what is wrong with what was given.
func (f *fault) ofInput(err error) bool {
	var (
		syntax *edn.Error
		tx     *engine.TxError
		query  *queries.Error
		usage  *usageError
	)
	switch {
	case errors.As(err, &usage):
		f.Code, f.Hint = "usage", usage.hint
	case errors.As(err, &query):
		f.at(query.Code, query.Pos, query.Hint)
	case errors.As(err, &tx):
		f.at(tx.Code, tx.Pos, tx.Hint)
	case errors.As(err, &syntax):
		f.at("edn/syntax", syntax.Pos, syntax.Hint)
	default:
		return false
	}
	return true
}

func (f *fault) at(code string, p edn.Pos, hint string) {
	f.Code, f.Hint, f.Line, f.Column = code, hint, int(p.Line), int(p.Col)
}

// ofStore recognises what the storage said.
func (f *fault) ofStore(err error) {
	var (
		corrupt  *cas.CorruptError
		version  *casidb.VersionError
		removed  *casidb.RemovedError
		diverged *engine.DivergedError
		gone     *goneError
		depends  *dependsError
	)
	switch {
	case errors.As(err, &corrupt):
		f.Code, f.Hint = "corrupt", "remove the database and sync it again"
	case errors.As(err, &version):
		f.Code = "version"
	case errors.As(err, &removed):
		f.Code, f.Hint = "removed", "sync it again"
	case errors.Is(err, casidb.ErrQuota):
		f.Code = "quota"
	case errors.Is(err, fs.ErrPermission):
		f.Code = "permission"
	case errors.Is(err, cas.ErrUnavailable):
		f.Code = "unavailable"
	case errors.Is(err, engine.ErrUnrelated):
		f.Code, f.Hint = "conflict", "the server has another database than the one that this was fetched from: sync that under another name"
	case errors.As(err, &gone):
		f.Code, f.Hint = "conflict", "a sync with push and this branch in refs makes it there again; drop takes commits back"
	case errors.As(err, &depends):
		f.Code, f.Hint = "conflict", "drop that one first"
	case errors.As(err, &diverged), errors.Is(err, cas.ErrConflict):
		f.Code = "conflict"
	case errors.Is(err, cas.ErrNotFound):
		f.Code = "not-found"
	case errors.Is(err, context.DeadlineExceeded):
		f.Code = "limit"
	case errors.Is(err, context.Canceled):
		f.Code = "interrupted"
	}
}
