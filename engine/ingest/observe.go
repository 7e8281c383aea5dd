package ingest

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// observe learns from a row in the first pass.
func (t *table) observe(r row) error {
	if t.rows++; t.rows == 1 {
		if err := t.beginKeys(r); err != nil {
			return err
		}
	}
	for _, c := range r.cells {
		if err := c.col.observe(c.v); err != nil {
			return err
		}
	}
	return t.observeKeys(r)
}

func (c *column) observe(v edn.Value) error {
	if c.cells++; c.cells == 1 {
		c.first = v.Pos()
	}
	if v.Kind() != edn.Vector {
		return c.observeOne(v)
	}
	if c.attr != nil && !c.attr.Many && len(v.Items()) > 1 {
		return c.table.wrong(v.Pos(), "import it under another name", "%d values, but :%s has cardinality one in the database", len(v.Items()), c.ident)
	}
	c.many = true
	for _, item := range v.Items() {
		if item.Kind() == edn.Vector {
			return c.table.wrong(item.Pos(), "flatten it, or make the inner ones {…}", "an array inside an array: there is no attribute for that")
		}
		if err := c.observeOne(item); err != nil {
			return err
		}
	}
	return nil
}

// observeOne learns from a scalar or a nested row.
func (c *column) observeOne(v edn.Value) error {
	switch {
	case v.Kind() == edn.Map:
		return c.observeRow(v)
	case v.IsNil():
		return nil
	case c.child != nil:
		return c.table.wrong(v.Pos(), "write {…} everywhere", "%s, where the column %s has {…} elsewhere (line %d)", brief(v), c.name, c.first.Line)
	}
	if c.part {
		c.row, c.value = c.table.rows, trimmed(v)
	}
	return c.observeScalar(v)
}

func (c *column) observeScalar(v edn.Value) error {
	if c.kind == engine.RefKind {
		return c.table.wrong(v.Pos(), "tell whose key the column has: --ref "+c.name+"=KIND/KEY", ":%s is a reference in the database, and %s is none", c.ident, brief(v))
	}
	if c.kind != engine.NilKind {
		if _, ok := convert(v, c.kind); !ok {
			return c.table.wrong(v.Pos(), "write a value "+example(c.kind)+", or leave the cell empty", "column %s: %s is not of type %s, which is the type according to %s", c.name, brief(v), c.kind, c.said)
		}
		return nil
	}
	if c.table.tables.typed {
		c.types &= typesOf(v)
	} else if c.types != asString {
		c.types &= typesOfText(trimmed(v))
	}
	if !c.cut && c.types&asInstant != 0 {
		_, c.cut, _ = parseInstant(trimmed(v))
	}
	return nil
}

// observeRow learns from a nested row.
func (c *column) observeRow(m edn.Value) error {
	switch {
	case c.ref != nil:
		return c.table.wrong(m.Pos(), "leave out --ref: what stands inside is imported with it", "--ref %s, but the column has {…}", c.ref.text)
	case c.child == nil && (c.types != asAnything || c.kind != engine.NilKind && c.kind != engine.RefKind):
		return c.table.wrong(m.Pos(), "write {…} everywhere, or nowhere", "{…}, where the column %s has other values elsewhere (line %d)", c.name, c.first.Line)
	case c.child == nil:
		c.child = c.table.tables.table(c.table.kind+"."+c.short, true)
	}
	r, err := c.child.rowOf(m)
	if err != nil {
		return err
	}
	return c.child.observe(r)
}

// rowOf makes a row of a map with names for keys.
func (t *table) rowOf(m edn.Value) (row, error) {
	items := m.Items()
	r := row{table: t, at: m.Pos(), cells: make([]cell, 0, len(items)/2)}
	for i := 0; i < len(items); i += 2 {
		c, err := t.column(items[i].Text(), items[i].Pos())
		if err != nil {
			return r, err
		}
		if v := items[i+1]; !isAbsent(v) {
			r.cells = append(r.cells, cell{c, v})
		}
	}
	return r, nil
}

// isAbsent tells whether v says nothing: null, or an array of nothing else.
func isAbsent(v edn.Value) bool {
	if v.Kind() == edn.Vector {
		for _, item := range v.Items() {
			if !item.IsNil() {
				return false
			}
		}
		return true
	}
	return v.IsNil()
}

// brief is a value in an error message.
func brief(v edn.Value) string {
	s := []rune(v.String())
	if len(s) > 60 {
		return string(s[:60]) + "…"
	}
	return string(s)
}
