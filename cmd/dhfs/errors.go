package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"syscall"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casfile"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/ingest"
	"github.com/dhfs/dhfs/fs"
	"github.com/dhfs/dhfs/queries"
	"github.com/spf13/cobra"
)

// Exit codes are part of the interface and never change their meaning.
const (
	exitOK          = 0
	exitFailed      = 1 // failed, or differences were found
	exitUsage       = 2
	exitNotFound    = 3
	exitRejected    = 4 // query or transaction refused
	exitUnavailable = 5 // retry may help
	exitConflict    = 6
	exitPermission  = 7
	exitCorrupt     = 8
	exitLimit       = 9
	exitNoMount     = 20
	exitInterrupted = 130
)

// usageError is a command line that makes no sense.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// hinted is an error with the one line of what to try.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// status ends a command with an exit code and nothing to say, as diff does.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// fault is an error as people and programs are told of it.
type fault struct {
	Exit    int    `json:"exit"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Path    string `json:"path,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// report prints err once, in the form that was asked for, and returns the exit code.
func (a *app) report(cmd *cobra.Command, err error) int {
	var s status
	if errors.As(err, &s) {
		return int(s)
	}
	f := describe(err)
	if a.format == "json" || a.format == "jsonl" {
		json.NewEncoder(a.err).Encode(struct {
			Error fault `json:"error"`
		}{f})
		return f.Exit
	}
	name := "dhfs"
	if cmd != nil && cmd.HasParent() {
		name += " " + cmd.Name()
	}
	fmt.Fprintf(a.err, "%s: %s\n", name, f.Message)
	if f.Hint != "" {
		fmt.Fprintf(a.err, "try: %s\n", f.Hint)
	}
	return f.Exit
}

// describe is the one place where errors become exit codes.
func describe(err error) fault {
	f := fault{Exit: exitFailed, Code: "failed", Message: err.Error()}
	var h hinted
	if errors.As(err, &h) {
		f.Hint = h.hint
	}
	var told interface{ Hint() string }
	if errors.As(err, &told) {
		f.hint(told.Hint())
	}
	for _, classify := range []func(error, *fault) bool{ofInput, ofStore, ofSystem} {
		if classify(err, &f) {
			break
		}
	}
	return f
}

// ofInput recognises what is wrong with what the user gave.
func ofInput(err error, f *fault) bool {
	var (
		usage usageError
		syn   *edn.Error
		tx    *engine.TxError
		q     *queries.Error
		in    *ingest.Error
	)
	switch {
	case errors.As(err, &usage):
		f.Exit, f.Code = exitUsage, "usage"
	case errors.As(err, &q):
		f.Exit, f.Code = exitRejected, q.Code
		if q.Code == "query/limit" {
			f.Exit = exitLimit
		}
		f.at(q.Pos, q.Hint)
	case errors.As(err, &tx):
		f.Exit, f.Code = exitRejected, tx.Code
		f.at(tx.Pos, tx.Hint)
	case errors.As(err, &in):
		f.Exit, f.Code, f.Path, f.Line, f.Column = exitRejected, "import/input", in.Path, in.Line, in.Column
		f.hint(in.Hint)
	case errors.As(err, &syn):
		f.Exit, f.Code = exitRejected, "edn/syntax"
		f.at(syn.Pos, syn.Hint)
	default:
		return false
	}
	return true
}

// ofStore recognises what the storage said.
func ofStore(err error, f *fault) bool {
	var (
		corrupt *cas.CorruptError
		version *casfile.VersionError
		tables  *cassql.VersionError
		merge   *engine.ConflictError
	)
	switch {
	case errors.As(err, &corrupt):
		f.Exit, f.Code, f.Path = exitCorrupt, "corrupt", corrupt.Path
		f.hint("dhfs verify DB tells what is damaged")
	case errors.As(err, &version), errors.As(err, &tables):
		f.Exit, f.Code = exitFailed, "version"
	case errors.Is(err, cas.ErrUnavailable):
		f.Exit, f.Code = exitUnavailable, "unavailable"
		f.hint("look whether its server runs and can be reached, then run it again")
	case errors.Is(err, cas.ErrConflict), errors.As(err, &merge), errors.Is(err, engine.ErrUnrelated):
		f.Exit, f.Code = exitConflict, "conflict"
	case errors.Is(err, cas.ErrNotFound):
		f.Exit, f.Code = exitNotFound, "not-found"
	case errors.Is(err, fs.ErrNoMount):
		f.Exit, f.Code = exitNoMount, "no-mount"
		f.hint("dhfs ls, cat, find and query show the same paths without a mount")
	default:
		return false
	}
	return true
}

// ofSystem recognises what the operating system said.
func ofSystem(err error, f *fault) bool {
	var path *os.PathError
	if errors.As(err, &path) {
		f.Path = path.Path
	}
	switch {
	case errors.Is(err, context.Canceled):
		f.Exit, f.Code, f.Message = exitInterrupted, "interrupted", "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		f.Exit, f.Code = exitLimit, "limit"
	case errors.Is(err, iofs.ErrNotExist):
		f.Exit, f.Code = exitNotFound, "not-found"
	case errors.Is(err, iofs.ErrPermission):
		f.Exit, f.Code = exitPermission, "permission"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		f.Code = "disk-full"
		f.hint("free some space; the database is as it was before")
	default:
		return false
	}
	return true
}

func (f *fault) hint(h string) {
	if f.Hint == "" {
		f.Hint = h
	}
}

func (f *fault) at(p edn.Pos, hint string) {
	f.Line, f.Column = int(p.Line), int(p.Col)
	f.hint(hint)
}
