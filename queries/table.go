package queries

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine/edn"
)

// column is the texts of one column of a table.
type column struct {
	texts []string // the name first
	width int
	right bool // nothing but numbers, which stand at the right
}

func writeTable(out *sink, r *Result) {
	columns := make([]column, len(r.Columns))
	for i, name := range header(r) {
		columns[i] = column{texts: []string{name}, width: utf8.RuneCountInString(name), right: r.Len() > 0}
		for row := range r.Len() {
			columns[i].add(r.Cell(row, i))
		}
	}
	for row := range r.Len() + 1 {
		writeAligned(out, columns, row)
		if row == 0 {
			writeRule(out, columns)
		}
		out.spill()
	}
}

func (c *column) add(v edn.Value) {
	cell := visible(string(appendEscaped(AppendText(nil, v), 0)))
	c.texts = append(c.texts, cell)
	c.width = max(c.width, utf8.RuneCountInString(cell))
	c.right = c.right && isNumber(v)
}

// visible spells out control characters, which a terminal would obey.
func visible(cell string) string {
	if strings.IndexFunc(cell, unicode.IsControl) < 0 {
		return cell
	}
	var b strings.Builder
	for _, c := range cell {
		if unicode.IsControl(c) {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func isNumber(v edn.Value) bool {
	switch v.Kind() {
	case edn.Nil, edn.Int, edn.BigInt, edn.Float, edn.BigDec:
		return true
	}
	return false
}

// writeAligned writes one line of a table, without spaces at its end.
func writeAligned(out *sink, columns []column, row int) {
	line := len(out.buf)
	for i := range columns {
		c := &columns[i]
		text := c.texts[row]
		if i > 0 {
			out.buf = append(out.buf, "  "...)
		}
		pad := c.width - utf8.RuneCountInString(text)
		if c.right {
			out.buf = append(appendRepeated(out.buf, ' ', pad), text...)
		} else {
			out.buf = appendRepeated(append(out.buf, text...), ' ', pad)
		}
	}
	endLine(out, line)
}

func writeRule(out *sink, columns []column) {
	line := len(out.buf)
	for i := range columns {
		if i > 0 {
			out.buf = append(out.buf, "  "...)
		}
		out.buf = appendRepeated(out.buf, '-', columns[i].width)
	}
	endLine(out, line)
}

// endLine ends the line that begins at from, and drops spaces at its end.
func endLine(out *sink, from int) {
	for len(out.buf) > from && out.buf[len(out.buf)-1] == ' ' {
		out.buf = out.buf[:len(out.buf)-1]
	}
	out.buf = append(out.buf, '\n')
}

func appendRepeated(dst []byte, c byte, n int) []byte {
	for range n {
		dst = append(dst, c)
	}
	return dst
}
