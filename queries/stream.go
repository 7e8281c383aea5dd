package queries

import (
	"io"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/answer"
)

// Stream writes rows as they come, in the bytes that Write gives a relation.
// Formats that need to know all rows first (a table's widths, JSON, EDN) keep them until Close.
type Stream struct {
	w       io.Writer
	format  Format
	columns []string
	held    []answer.Column
	n       int // rows held
	begun   bool
}

// streamBatch is how many rows are held before they are written.
const streamBatch = 1000

// NewStream begins a relation with these columns.
func NewStream(w io.Writer, f Format, columns ...string) *Stream {
	return &Stream{w: w, format: f, columns: columns, held: make([]answer.Column, len(columns))}
}

// Add adds one row, a value for each column.
func (s *Stream) Add(row ...edn.Value) error {
	for c := range s.held {
		s.held[c].Values = append(s.held[c].Values, row[c])
	}
	if s.n++; s.n < streamBatch || s.whole() {
		return nil
	}
	return s.write()
}

// Close writes what is left. The stream must not be used afterwards.
func (s *Stream) Close() error { return s.write() }

// whole tells whether the format needs all rows at once.
func (s *Stream) whole() bool { return s.format != TSV && s.format != CSV && s.format != JSONL }

func (s *Stream) write() error {
	r := &Result{Columns: s.columns, rows: answer.NewRows(s.n, s.held)}
	defer s.reset()
	if !s.begun {
		return Write(s.w, r, s.format)
	}
	out := newSink(s.w)
	switch s.format {
	case TSV:
		writeRows(out, r, tsvLayout(r))
	case CSV:
		writeRows(out, r, csvLayout(r))
	default:
		writeRows(out, r, jsonLayout(r, "\n"))
	}
	return out.flush()
}

func (s *Stream) reset() {
	s.begun, s.n = true, 0
	for c := range s.held {
		s.held[c].Values = s.held[c].Values[:0]
	}
}
