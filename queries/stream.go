package queries

import (
	"bufio"
	"io"

	"github.com/dhfs/dhfs/engine/edn"
)

// Stream writes rows as they come, in the bytes that Write gives a relation.
// Formats that need to know all rows first (a table's widths, JSON, EDN) keep them until Close.
type Stream struct {
	out    *bufio.Writer
	format Format
	result Result
	begun  bool
}

// streamBatch is how many rows are held before they are written.
const streamBatch = 1000

// NewStream begins a relation with these columns.
func NewStream(w io.Writer, f Format, columns ...string) *Stream {
	return &Stream{out: bufio.NewWriter(w), format: f, result: Result{Columns: columns}}
}

// Add adds one row, a value for each column.
func (s *Stream) Add(row ...edn.Value) error {
	s.result.Rows = append(s.result.Rows, row)
	if len(s.result.Rows) < streamBatch || s.whole() {
		return nil
	}
	return s.write()
}

// Close writes what is left. The stream must not be used afterwards.
func (s *Stream) Close() error {
	if err := s.write(); err != nil {
		return err
	}
	return s.out.Flush()
}

// whole tells whether the format needs all rows at once.
func (s *Stream) whole() bool { return s.format != TSV && s.format != CSV && s.format != JSONL }

func (s *Stream) write() error {
	rows := s.result.Rows
	var err error
	switch {
	case !s.begun:
		err = Write(s.out, &s.result, s.format)
	case s.format == TSV:
		err = tsvRows(s.out, rows)
	case s.format == CSV:
		err = csvRows(s.out, rows)
	default:
		err = writeJSONL(s.out, &s.result)
	}
	s.begun, s.result.Rows = true, rows[:0]
	return err
}
