package ingest

import (
	"strconv"

	"github.com/dhfs/dhfs/engine/edn"
)

// maker makes the tx data of one batch.
type maker struct {
	datoms int // asserted so far, about
}

// entity makes the map of a row. path is the identity of a nested one that has no key in itself.
func (m *maker) entity(t *table, r row, path string) (edn.Value, error) {
	t.emitted++
	pairs := make([]edn.Value, 0, 2*len(r.cells)+2)
	key := t.keyOf(r, path)
	if attr, v, ok := t.ownKey(path); ok {
		pairs = append(pairs, attr.At(r.at), v.At(r.at))
	}
	for _, c := range r.cells {
		v, err := m.cell(c, key)
		if err != nil {
			return v, err
		}
		pairs = append(pairs, edn.MakeKeyword(c.col.ident).At(c.v.Pos()), v)
	}
	m.datoms += len(pairs) / 2
	return edn.MakeMap(pairs...).At(r.at), nil
}

// ownKey is the identity that the row under way has besides its cells.
func (t *table) ownKey(path string) (attr, v edn.Value, ok bool) {
	attr = edn.MakeKeyword(t.key.ident)
	switch t.key.how {
	case rowKey:
		return attr, edn.MakeInt(t.emitted), true
	case pathKey:
		return attr, edn.MakeString(path), true
	}
	return attr, v, false
}

// keyOf is the text of a row's key.
func (t *table) keyOf(r row, path string) string {
	switch t.key.how {
	case rowKey:
		return strconv.FormatInt(t.emitted, 10)
	case pathKey:
		return path
	}
	parts := make([]string, 0, maxComposite)
	for _, c := range t.key.cols {
		for _, x := range r.cells {
			if x.col == c {
				parts = append(parts, trimmed(x.v))
			}
		}
	}
	return joinKey(parts)
}

// lookup is a lookup ref to the entity of a row that was made; nil where its key is composite or a reference.
func lookup(t *table, form edn.Value) edn.Value {
	items := form.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Text() == t.key.ident && len(items[i+1].Items()) == 0 {
			return edn.MakeVector(items[i], items[i+1])
		}
	}
	return edn.MakeNil()
}

// cell makes the value of a cell of the row with the key.
func (m *maker) cell(c cell, key string) (edn.Value, error) {
	if c.v.Kind() != edn.Vector {
		return m.one(c.col, c.v, key)
	}
	items := make([]edn.Value, 0, len(c.v.Items()))
	for i, item := range c.v.Items() {
		if item.IsNil() {
			continue
		}
		v, err := m.one(c.col, item, key+"/"+strconv.Itoa(i+1))
		if err != nil {
			return v, err
		}
		items = append(items, v)
	}
	m.datoms += len(items) - 1
	if !c.col.isMany() {
		return items[0], nil
	}
	return edn.MakeVector(items...).At(c.v.Pos()), nil
}

// isMany tells whether the attribute takes several values.
func (c *column) isMany() bool {
	if c.attr != nil {
		return c.attr.Many
	}
	return c.many
}

// one makes the value of a scalar or of a nested row, which path identifies where it has no key.
func (m *maker) one(c *column, v edn.Value, path string) (edn.Value, error) {
	if v.Kind() != edn.Map {
		return c.scalar(v)
	}
	r, err := c.child.rowOf(v)
	if err != nil {
		return v, err
	}
	return m.entity(c.child, r, path)
}

// scalar makes the value of a scalar cell.
func (c *column) scalar(v edn.Value) (edn.Value, error) {
	if c.target != nil {
		return c.reference(v)
	}
	if v.Kind() == edn.String && c.part {
		v = edn.MakeString(trimmed(v)).At(v.Pos())
	}
	form, ok := convert(v, c.kind)
	if !ok {
		return form, c.table.wrong(v.Pos(), "import it again", "column %s: %s is not of type %s: the file has changed while it was read", c.name, brief(v), c.kind)
	}
	return form, nil
}

// reference makes a reference to what has the key v: a lookup ref to what is in
// the database or in this transaction, a nested map to a row of this file,
// which may come in a later transaction.
func (c *column) reference(v edn.Value) (edn.Value, error) {
	tg, key := c.target, trimmed(v)
	value, ok := convert(edn.MakeString(key), tg.kind)
	value = value.At(v.Pos())
	here := tg.here && (tg.own == nil || tg.own.has(key))
	if !ok || !here && !tg.there {
		return v, c.table.wrong(v.Pos(), "correct the cell, or import what it refers to first", "column %s: nothing has the key %s (:%s)", c.name, brief(v), tg.ident)
	}
	attr := edn.MakeKeyword(tg.ident).At(v.Pos())
	if here {
		return edn.MakeMap(attr, value).At(v.Pos()), nil
	}
	return edn.MakeVector(attr, value).At(v.Pos()), nil
}
