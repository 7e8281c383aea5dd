package ingest

import (
	"context"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// tables is a file of rows, of one kind or several.
type tables struct {
	o      Options
	in     *input
	format Format
	typed  bool // values have types in the file: JSON
	keys   []*given
	refs   []*given
	types  []*given

	list   []*table // in the order in which they begin
	byKind map[string]*table
	layout layout    // of JSON
	header []*column // of CSV
	sep    byte      // of CSV
	mended int64     // rows of CSV whose cells were joined or filled up
	nulls  int64     // cells of CSV that were a word for nothing
}

// rows reads the file as rows of tables. io.EOF after the last one.
type rows interface {
	next() (row, error)
}

// openTables makes the first pass.
func openTables(ctx context.Context, in *input, o Options, f Format) (plan, error) {
	p := &tables{o: o, in: in, format: f, typed: f == JSON || f == JSONL, byKind: map[string]*table{}}
	if err := p.readOptions(); err != nil {
		return nil, err
	}
	rs, err := p.rows(ctx)
	if err != nil {
		return nil, err
	}
	for {
		r, err := rs.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = r.table.observe(r)
		}
		if err != nil {
			return nil, in.explain(err)
		}
	}
	if c, ok := rs.(*csvRows); ok {
		p.mended, p.nulls = c.mended, c.nulls
	}
	return p, p.decide()
}

func (p *tables) readOptions() (err error) {
	for _, text := range p.o.Keys {
		p.keys = append(p.keys, &given{option: "key", text: text, left: strings.TrimPrefix(text, ":")})
	}
	if p.refs, err = parseGiven(p.in.name, "ref", p.o.Refs); err != nil {
		return err
	}
	if p.types, err = parseGiven(p.in.name, "type", p.o.Types); err != nil {
		return err
	}
	if p.o.Nulls == nil {
		p.o.Nulls = []string{"NULL", `\N`}
	}
	if kind := cleanName(p.o.Kind); kind != p.o.Kind {
		return &Error{Path: p.in.name, Msg: "the kind " + p.o.Kind + " cannot be a namespace", Hint: "write --as " + kind}
	}
	return nil
}

// rows begins a pass.
func (p *tables) rows(ctx context.Context) (rows, error) {
	src, err := p.in.pass(ctx)
	if err != nil {
		return nil, err
	}
	if !p.typed {
		return newCSVRows(p, src)
	}
	if p.format == JSON && len(p.list) == 0 {
		p.layout = jsonLayout(src)
		if src, err = p.in.pass(ctx); err != nil {
			return nil, err
		}
	}
	return &jsonRows{p: p, r: edn.NewJSONReader(src)}, nil
}

// kind is the kind of a file that has one: what is given, or the file's name.
func (p *tables) kind() (string, error) {
	if p.o.Kind != "" {
		return p.o.Kind, nil
	}
	base := filepath.Base(p.in.name)
	kind := cleanName(strings.TrimSuffix(base, filepath.Ext(base)))
	if kind == "" {
		return "", &Error{Path: p.in.name, Msg: "the name of the file gives no kind", Hint: "name the kind with --as"}
	}
	return kind, nil
}

// table finds or makes the table of a kind.
func (p *tables) table(kind string, nested bool) *table {
	t, ok := p.byKind[kind]
	if !ok {
		t = &table{tables: p, kind: kind, nested: nested, byName: map[string]*column{}, byIdent: map[string]*column{}}
		p.byKind[kind] = t
		p.list = append(p.list, t)
	}
	return t
}

func (p *tables) batches(ctx context.Context) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		rs, err := p.rows(ctx)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		for _, t := range p.list {
			t.emitted = 0
		}
		for {
			b, err := p.batch(rs)
			if err == io.EOF && b.Rows == 0 {
				return
			}
			if err == io.EOF {
				yield(b, nil)
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// batch reads rows for one transaction; io.EOF comes with the last of them.
func (p *tables) batch(rs rows) (Batch, error) {
	m := maker{}
	var b Batch
	for m.datoms < p.o.Batch {
		r, err := rs.next()
		if err == io.EOF {
			b.Datoms = m.datoms
			return b, io.EOF
		}
		if err != nil {
			return Batch{}, p.in.explain(err)
		}
		form, err := m.entity(r.table, r, "")
		if err != nil {
			return Batch{}, err
		}
		if b.Rows == 0 {
			b.first = lookup(r.table, form)
		}
		b.Forms = append(b.Forms, form)
		b.Rows++
	}
	b.Datoms = m.datoms
	return b, nil
}

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
