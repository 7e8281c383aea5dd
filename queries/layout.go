package queries

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/answer"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// layout is how the rows of a format are written: what stands before each cell, after each row and
// between two rows, and how a value becomes a cell. Integers are the same everywhere.
type layout struct {
	before  []string // one a column
	after   string
	between string
	cell    func(dst []byte, v edn.Value) []byte
}

// separated is a layout with the same between all cells of a row.
func separated(r *Result, before, between, after string, cell func([]byte, edn.Value) []byte) layout {
	l := layout{after: after, cell: cell}
	for i := range r.Columns {
		if i > 0 {
			before = between
		}
		l.before = append(l.before, before)
	}
	return l
}

// writeRows writes all rows.
func writeRows(out *sink, r *Result, l layout) {
	cells := newCells(r.rows, l)
	for i := range r.Len() {
		if i > 0 {
			out.buf = appendShort(out.buf, l.between)
		}
		out.buf = appendShort(appendCells(out.buf, cells, r.rows.Place(i)), l.after)
		if len(out.buf) >= sinkSize && out.flush() != nil {
			return
		}
	}
}

// appendCells appends one row. What results are full of is done here, without another call.
func appendCells(dst []byte, cells []cells, place uint32) []byte {
	for i := range cells {
		c := &cells[i]
		dst = appendShort(dst, c.before)
		switch {
		case c.Terms == nil:
			dst = c.cell(dst, c.Values[place])
		case c.Terms[place].IsInt():
			dst = appendInt(dst, c.Terms[place].Int())
		default:
			dst = c.text(dst, c.Terms[place])
		}
	}
	return dst
}

// appendShort appends what is mostly a byte or nothing.
func appendShort(dst []byte, s string) []byte {
	switch len(s) {
	case 0:
		return dst
	case 1:
		return append(dst, s[0])
	}
	return append(dst, s...)
}

// cells writes the cells of one column.
type cells struct {
	answer.Column
	dict   *terms.Dict
	before string
	cell   func(dst []byte, v edn.Value) []byte
	known  *[knownTexts]knownText
}

// knownTexts is how many texts of a column are kept: those of the terms that came last.
const knownTexts = 1 << 8

// knownText is the text of a term, if it is short.
type knownText struct {
	term engine.Term
	size uint8 // 0: none
	text [47]byte
}

func newCells(rows *answer.Rows, l layout) []cells {
	list := make([]cells, len(rows.Columns()))
	for i, c := range rows.Columns() {
		list[i] = cells{Column: c, dict: rows.Dict(), before: l.before[i], cell: l.cell}
	}
	return list
}

// text writes a term that is no integer: what repeats is copied.
func (c *cells) text(dst []byte, t engine.Term) []byte {
	if c.known == nil {
		c.known = new([knownTexts]knownText)
	}
	k := &c.known[uint64(t)*0x9e3779b97f4a7c15>>(64-8)]
	if k.term == t && k.size > 0 {
		return append(dst, k.text[:k.size]...)
	}
	from := len(dst)
	dst = c.cell(dst, c.dict.Value(t))
	if text := dst[from:]; len(text) <= len(k.text) {
		k.term, k.size = t, uint8(copy(k.text[:], text))
	}
	return dst
}
