package fs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"slices"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// table is a kind as one table: an entity a line, an attribute a column. A cell
// is the text of the attribute's file without its last newline; bytes are in
// hexadecimal digits.
type table struct {
	columns []*engine.Attribute
	rows    []tableRow
}

type tableRow struct {
	entity string
	cells  map[engine.ID]string
}

// table reads all entities of the kind.
func (d kindDir) table(ctx context.Context) (table, error) {
	var t table
	seen := map[engine.ID]bool{}
	for n, err := range d.c.db.NamesAt(ctx, d.info.Kind, 0) {
		if err != nil {
			return t, err
		}
		facts, err := d.c.facts(ctx, n.ID)
		if err != nil {
			return t, err
		}
		row := tableRow{entity: n.Home.String(), cells: make(map[engine.ID]string, len(facts))}
		for _, f := range facts {
			if row.cells[f.attr.ID], err = d.c.cells(ctx, f); err != nil {
				return t, err
			}
			if !seen[f.attr.ID] {
				seen[f.attr.ID] = true
				t.columns = append(t.columns, f.attr)
			}
		}
		t.rows = append(t.rows, row)
	}
	slices.SortFunc(t.columns, func(a, b *engine.Attribute) int { return cmp.Compare(a.ID, b.ID) })
	return t, nil
}

// lines are the header and the rows of a kind's table.
func (d kindDir) lines(ctx context.Context, line func([]string) error) error {
	t, err := d.table(ctx)
	if err != nil {
		return err
	}
	cells := []string{"entity"}
	for _, a := range t.columns {
		cells = append(cells, engine.AttrFileName(d.info.Kind, a.Ident))
	}
	if err := line(cells); err != nil {
		return err
	}
	for _, row := range t.rows {
		cells[0] = row.entity
		for i, a := range t.columns {
			cells[i+1] = row.cells[a.ID]
		}
		if err := line(cells); err != nil {
			return err
		}
	}
	return nil
}

func (d kindDir) tsv(ctx context.Context) (out []byte, err error) {
	err = d.lines(ctx, func(cells []string) error {
		out = appendRow(out, cells...)
		return nil
	})
	return out, err
}

func (d kindDir) csv(ctx context.Context) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := d.lines(ctx, w.Write); err != nil {
		return nil, err
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// json is an array of the objects that the entities' .json files hold.
func (d kindDir) json(ctx context.Context) ([]byte, error) {
	out := []byte("[")
	for n, err := range d.c.db.NamesAt(ctx, d.info.Kind, 0) {
		if err != nil {
			return nil, err
		}
		facts, err := d.c.facts(ctx, n.ID)
		if err != nil {
			return nil, err
		}
		form, err := d.c.jsonForm(ctx, n, facts)
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ",\n "...)
		}
		out = edn.AppendJSON(out, form)
	}
	return append(out, "]\n"...), nil
}
