package ingest

import (
	"fmt"
	"strings"
)

// fit makes sure that a row has a cell for each column.
func (c *csvRows) fit(cells []csvCell) ([]csvCell, error) {
	want := len(c.p.header)
	if len(cells) == want {
		return cells, nil
	}
	mended := c.mend(cells)
	if mended != nil && c.p.o.Mend {
		c.mended++
		return mended, nil
	}
	return nil, c.ragged(cells, mended != nil)
}

// mend joins cells again that a comma in an unquoted text has parted, which
// shows by a space after it, and adds the cells that are missing at the end. It returns nil where
// that does not lead to the right number.
func (c *csvRows) mend(cells []csvCell) []csvCell {
	want := len(c.p.header)
	if len(cells) < want {
		return append(cells[:len(cells):len(cells)], make([]csvCell, want-len(cells))...)
	}
	var joined []csvCell
	for i, x := range cells {
		if i > 0 && !x.quoted && strings.HasPrefix(x.text, " ") {
			joined[len(joined)-1].text += string(c.r.sep) + x.text
			continue
		}
		joined = append(joined, x)
	}
	if len(joined) != want {
		return nil
	}
	return joined
}

// ragged is the error for a row with too many or too few cells.
func (c *csvRows) ragged(cells []csvCell, mendable bool) error {
	want, last := len(c.p.header), cells[len(cells)-1]
	msg := fmt.Sprintf("the row has %d cells, and the header %d", len(cells), want)
	hint := "put quotes around cells with a " + sepName(c.r.sep) + " in them"
	switch {
	case len(cells) < want && mendable:
		hint = "add the missing cells, or import with --mend, which leaves them empty"
	case mendable:
		hint += ", or import with --mend, which takes one with a space after it for part of the text"
	}
	if len(cells) > want {
		last = cells[want]
	}
	return c.p.in.wrong(last.at, hint, "%s", msg)
}

func sepName(sep byte) string {
	switch sep {
	case ',':
		return "comma"
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	}
	return "bar"
}
