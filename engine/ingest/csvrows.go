package ingest

import (
	"io"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// csvRows reads CSV as rows of one table, whose columns are in the header.
type csvRows struct {
	p      *tables
	r      *csvReader
	t      *table
	cells  []csvCell
	mended int64
	nulls  int64
}

func newCSVRows(p *tables, src io.Reader) (*csvRows, error) {
	sep := p.sep
	if p.format == TSV {
		sep = '\t'
	}
	c := &csvRows{p: p, r: newCSVReader(p.in, src, sep)}
	header, err := c.r.next(nil)
	if err == io.EOF {
		return nil, &Error{Path: p.in.name, Msg: "the file is empty", Hint: "the first line must have the names of the columns"}
	}
	if err != nil {
		return nil, err
	}
	p.sep = c.r.sep
	if len(p.list) == 0 {
		err = p.readHeader(header)
	}
	if err != nil {
		return nil, err
	}
	c.t = p.list[0]
	return c, nil
}

// readHeader makes the columns.
func (p *tables) readHeader(header []csvCell) error {
	kind, err := p.kind()
	if err != nil {
		return err
	}
	t := p.table(kind, false)
	for i, h := range header {
		name := strings.TrimSpace(h.text)
		if name == "" {
			return p.in.wrong(h.at, "give it a name, or remove the column", "column %d of the header has no name", i+1)
		}
		if _, twice := t.byName[name]; twice {
			return p.in.wrong(h.at, "rename one of the two", "the column %s is there twice", name)
		}
		c, err := t.column(name, h.at)
		if err != nil {
			return err
		}
		p.header = append(p.header, c)
	}
	return nil
}

func (c *csvRows) next() (row, error) {
	cells, err := c.r.next(c.cells[:0])
	if err != nil {
		return row{}, err
	}
	c.cells = cells
	if cells, err = c.fit(cells); err != nil {
		return row{}, err
	}
	r := row{table: c.t, at: edn.Pos{Line: cells[0].at.Line, Col: 1}, cells: make([]cell, 0, len(cells))}
	for i, x := range cells {
		if strings.TrimSpace(x.text) == "" || !x.quoted && c.isNull(x.text) {
			continue
		}
		r.cells = append(r.cells, cell{c.p.header[i], edn.MakeString(x.text).At(x.at)})
	}
	return r, nil
}

func (c *csvRows) isNull(text string) bool {
	for _, null := range c.p.o.Nulls {
		if text == null {
			c.nulls++
			return true
		}
	}
	return false
}
