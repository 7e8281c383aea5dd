// Package ingest turns files into tx data: CSV and TSV, JSON and JSON Lines,
// tx data and datoms in EDN, and databases of DataScript.
//
// A file is read twice, as a stream both times. The first pass (Open) finds
// the columns, their types and the key, and whatever is wrong with the file, before
// anything is written. The second (Batches) makes the tx data, one transaction
// for about 100,000 datoms. Rows have a unique identity, so importing a file
// again changes what has changed and adds nothing else; a cell that is empty
// leaves alone what the database has.
//
// A row of kind customer becomes an entity with attributes :customer/COLUMN.
// Names are taken as they are but for characters that keywords should not
// have: each run of them becomes a hyphen ("Unit Price (EUR)" is
// Unit-Price-EUR), and underscores in front are dropped. A name with a slash is
// the whole attribute ("person/name"). A type after a colon is not part of
// the name ("age:int").
package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// DefaultBatch is how many datoms a transaction has, about.
const DefaultBatch = 100_000

// Options tell what is not in the file. The zero Options infer everything.
type Options struct {
	Name   string // of the file: errors begin with it, and its last element, less the ending, is the kind
	Format Format // Auto: by the ending of Name

	Kind string // namespace of the attributes; "" for the name of the file or, in JSON, of the array

	// Keys, Refs and Types are given a column each: COLUMN or KIND/COLUMN, as it is
	// in the file or as the attribute is called.
	Keys  []string // the key of a kind: "id", "order/id"; several columns with commas: "orderID,productID"
	Refs  []string // columns that hold the key of something else: "customer=customer/id", or "customer=customer" for its key
	Types []string // value types where they should not be inferred: "zip=string", "price=bigdec"

	Nulls  []string       // unquoted cells that mean nothing besides empty ones; nil: NULL and \N
	Mend   bool           // take rows of CSV that are too long or short, where it is clear how
	Schema *engine.Schema // of the database; nil: there is none yet
	Batch  int            // datoms in a transaction; 0: DefaultBatch

	// Progress, where set, is called as bytes are read. Total counts both passes.
	Progress func(read, total int64)
}

// Format is how a file is written.
type Format string

// The formats. Auto goes by the name: .csv, .tsv and .tab, .json, .jsonl and .ndjson, .edn.
const (
	Auto  Format = ""
	CSV   Format = "csv" // the separator is the one of , ; | and tab that the header has
	TSV   Format = "tsv"
	JSON  Format = "json"  // an array of rows, or kinds with an array of rows each, or rows one after another
	JSONL Format = "jsonl" // rows one after another
	EDN   Format = "edn"   // vectors of forms and argument maps, a transaction each, or forms one after another
)

// Batch is the tx data of one transaction.
type Batch struct {
	Forms  []edn.Value
	Rows   int // rows or forms
	Datoms int // that they assert, about
	// Mark is what the transaction is marked with because its forms may not identify
	// their entities: the attribute MarkIdent of the tx entity. "" for all but EDN.
	Mark string

	// By and Msg, where set, are what the commit says instead of what Load is told.
	By, Msg engine.Opt[string]

	// Whole is set where the batch is a transaction by itself, even when it changes nothing.
	Whole bool
	// Last is set where what comes after the batch most likely changes nothing. Without it an import that ends so needs
	// an empty transaction to store its nodes.
	Last bool

	once  edn.Value // [key value attribute]: where the entity of that key has the attribute, the batch was imported before
	first edn.Value // a lookup ref to the first row's entity; nil when it is not known
}

// Source is a file that was read once and found good.
type Source struct {
	plan plan
	name string
}

// plan is what a format makes of a file.
type plan interface {
	schema() []edn.Value
	report() Report
	batches(ctx context.Context) iter.Seq2[Batch, error]
}

// Open reads all of r and decides how it is imported. Errors in the file or
// the options are *Error. r stays the caller's, and is read again by Batches.
func Open(ctx context.Context, r io.ReadSeeker, o Options) (*Source, error) {
	format, err := formatOf(o)
	if err != nil {
		return nil, err
	}
	if o.Batch <= 0 {
		o.Batch = DefaultBatch
	}
	in, err := newInput(r, o)
	if err != nil {
		return nil, err
	}
	var p plan
	switch {
	case format == EDN:
		p, err = openEDN(ctx, in, o)
	case format == JSON && in.isDataScript():
		p, err = asPlan(openDataScript(ctx, in, o, edn.NewJSONReader))
	default:
		p, err = openTables(ctx, in, o, format)
	}
	if err != nil {
		return nil, err
	}
	return &Source{plan: p, name: o.Name}, nil
}

// Schema is the tx data that installs the attributes that the database lacks.
// It can go into the first batch's transaction.
func (s *Source) Schema() []edn.Value { return s.plan.schema() }

// Report tells what was found and decided.
func (s *Source) Report() Report { return s.plan.report() }

// Batches yields the tx data. The first error ends it. Line and column of all
// forms are those of the file.
func (s *Source) Batches(ctx context.Context) iter.Seq2[Batch, error] { return s.plan.batches(ctx) }

var endings = map[string]Format{
	".csv": CSV, ".tsv": TSV, ".tab": TSV, ".json": JSON, ".jsonl": JSONL, ".ndjson": JSONL, ".edn": EDN, ".dtm": EDN,
}

func formatOf(o Options) (Format, error) {
	if o.Format != Auto {
		for _, f := range endings {
			if f == o.Format {
				return f, nil
			}
		}
		return "", &Error{Path: o.Name, Msg: fmt.Sprintf("unknown format %q", o.Format), Hint: "formats are csv, tsv, json, jsonl and edn"}
	}
	ending := strings.ToLower(filepath.Ext(o.Name))
	if f, ok := endings[ending]; ok {
		return f, nil
	}
	return "", &Error{Path: o.Name, Msg: fmt.Sprintf("the ending %q does not tell the format", ending), Hint: "name the format: csv, tsv, json, jsonl or edn"}
}

// Error is what is wrong with a file or with what was said of it.
type Error struct {
	Path         string
	Line, Column int // from 1, columns in characters; 0 where it is not about a place
	Msg          string
	Hint         string // what to try; may be empty
}

// Error gives "path:line:column: message", without the hint.
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.Path + ": " + e.Msg
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, e.Msg)
}
