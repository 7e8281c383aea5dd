package main

import (
	"fmt"
	"os"
	"time"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
	"golang.org/x/term"
)

// write prints a result in the format that was asked for: without --format a
// table on a terminal and TSV anywhere else.
func (a *app) write(r *queries.Result) error {
	f, err := a.resultFormat()
	if err != nil {
		return err
	}
	return queries.Write(a.out, r, f)
}

func (a *app) resultFormat() (queries.Format, error) {
	name := a.format
	if name == "" {
		name = "tsv"
		if isTerminal(a.out) {
			name = "table"
		}
	}
	f, err := queries.ParseFormat(name)
	if err != nil {
		return f, usageError{err.Error()}
	}
	return f, nil
}

// stream prints the rows of a long listing as they come.
func (a *app) stream(columns ...string) (*queries.Stream, error) {
	f, err := a.resultFormat()
	if err != nil {
		return nil, err
	}
	return queries.NewStream(a.out, f, columns...), nil
}

// table collects rows of a listing, to be printed as a query result is.
type table struct {
	columns []string
	rows    [][]edn.Value
}

func newTable(columns ...string) *table { return &table{columns: columns} }

func (t *table) add(cells ...edn.Value) { t.rows = append(t.rows, cells) }

func (t *table) len() int { return len(t.rows) }

func (t *table) result() *queries.Result { return queries.NewResult(t.columns, t.rows...) }

func text(s string) edn.Value                         { return edn.MakeString(s) }
func number[N ~int | ~int64 | ~uint64](n N) edn.Value { return edn.MakeInt(int64(n)) }
func instant(t time.Time) edn.Value                   { return edn.MakeInst(t.UnixMilli()) }

// isTerminal tells whether a stream is a person's terminal.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// say prints a line for people to the error stream, unless --quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}
