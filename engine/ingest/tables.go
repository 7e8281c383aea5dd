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
	rs, err := p.rows()
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
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
	if err := ctx.Err(); err != nil {
		return nil, err
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
func (p *tables) rows() (rows, error) {
	src, err := p.in.pass()
	if err != nil {
		return nil, err
	}
	if !p.typed {
		return newCSVRows(p, src)
	}
	if p.format == JSON && len(p.list) == 0 {
		p.layout = jsonLayout(src)
		if src, err = p.in.pass(); err != nil {
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
		rs, err := p.rows()
		if err != nil {
			yield(Batch{}, err)
			return
		}
		for _, t := range p.list {
			t.emitted = 0
		}
		for {
			b, err := p.batch(ctx, rs)
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
func (p *tables) batch(ctx context.Context, rs rows) (Batch, error) {
	m := maker{}
	var b Batch
	for m.datoms < p.o.Batch {
		if err := ctx.Err(); err != nil {
			return Batch{}, err
		}
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
