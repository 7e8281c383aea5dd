package ingest

import (
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine"
)

// Report tells what was found in a file and what it becomes.
type Report struct {
	Format Format
	Kinds  []KindReport // of all but EDN
	Forms  int64        // of EDN: maps and vectors of tx data
	Notes  []string     // what the user might not expect, a sentence each
}

// KindReport is about the rows of one kind.
type KindReport struct {
	Kind    string
	Rows    int64
	Key     string // ident of the identity, without colon
	KeyBy   string // why that: "given", "by its name", …
	Columns []ColumnReport
}

// ColumnReport is about one column.
type ColumnReport struct {
	Column string
	Attr   string      // ident, without colon; "" where the column is empty and left out
	Type   engine.Kind // RefKind for references and nested rows
	Many   bool
	Ref    string // ident of the key that references are looked up by
	New    bool   // the database does not have the attribute yet
	Values int64  // cells that are not empty
}

// counted is "1 row" or "2 rows".
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (p *tables) report() Report {
	r := Report{Format: p.format}
	for _, t := range p.list {
		r.Kinds = append(r.Kinds, t.report())
	}
	if p.mended > 0 {
		r.note("%s with too many or too few cells: mended", counted(p.mended, "row"))
	}
	if p.nulls > 0 {
		r.note("%s with %s: taken as empty", counted(p.nulls, "cell"), strings.Join(p.o.Nulls, " or "))
	}
	for _, t := range p.list {
		t.notes(&r)
	}
	return r
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

func (t *table) report() KindReport {
	k := KindReport{Kind: t.kind, Rows: t.rows, Key: t.key.ident, KeyBy: t.key.why}
	for _, c := range t.cols {
		x := ColumnReport{Column: c.name, Type: c.kind, Many: c.isMany(), Values: c.cells}
		if c.cells > 0 {
			x.Attr, x.New = c.ident, c.attr == nil
		}
		if c.target != nil {
			x.Type, x.Ref = engine.RefKind, c.target.ident
		}
		k.Columns = append(k.Columns, x)
	}
	return k
}

// notes says what the user might not expect of a table.
func (t *table) notes(r *Report) {
	switch {
	case t.rows == 0:
		r.note("%s has no rows", t.kind)
		return
	case t.key.how == rowKey:
		r.note("rows of %s are identified by their number (:%s), since %s: if the file is imported again, rows must not have moved", t.kind, t.key.ident, t.key.why)
	case t.key.how == columnKey && t.key.set == nil && t.rows > maxKeys:
		r.note("the keys of %s are too many to check that they differ", t.kind)
	}
	var empty []string
	for _, c := range t.cols {
		if c.cells == 0 {
			empty = append(empty, c.name)
		}
		if c.cut {
			r.note("times in %s/%s are cut to milliseconds", t.kind, c.name)
		}
		t.suggest(c, r)
	}
	if len(empty) > 0 {
		r.note("empty columns of %s are left out: %s", t.kind, strings.Join(empty, ", "))
	}
}

// suggest notes a column that is called like the key of something else.
func (t *table) suggest(c *column, r *Report) {
	if c.target != nil || c.child != nil || c.cells == 0 || t.key.isColumn(c) || strings.EqualFold(c.short, "id") {
		return
	}
	for _, other := range t.tables.list {
		if other != t && other.key.how == columnKey && other.rows > 0 && other.key.cols[0].short == c.short {
			r.note("%s/%s may refer to %s: --ref %s=%s makes it a reference", t.kind, c.name, other.kind, c.name, other.key.ident)
		}
	}
}
