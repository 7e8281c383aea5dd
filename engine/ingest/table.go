package ingest

import (
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// maxColumns bounds a table: beyond it, names of JSON members are data.
const maxColumns = 10_000

// table is what is known of the rows of one kind.
type table struct {
	tables  *tables
	kind    string
	nested  bool // its rows stand in cells of another table
	cols    []*column
	byName  map[string]*column
	byIdent map[string]*column
	rows    int64

	candidates []*candidate
	key        key
	emitted    int64 // rows that the second pass has made
}

// row is the cells of one row that are not empty.
type row struct {
	table *table
	at    edn.Pos
	cells []cell
}

// cell is a scalar, a Map that is a nested row, or a Vector of either. In tables of text all are strings.
type cell struct {
	col *column
	v   edn.Value
}

// column is what is known of one column.
type column struct {
	table              *table
	name, short, ident string            // in the file, in the kind's namespace, the attribute's
	attr               *engine.Attribute // nil unless the database has it already
	ref                *given
	target             *target
	kind               engine.Kind // NilKind until it is known, by inference or because it was said
	said               string      // why the kind was known from the start
	types              types       // that fit all cells so far
	cells              int64
	many               bool
	child              *table  // of the nested rows in it
	first              edn.Pos // of the first cell
	cut                bool    // an instant was more precise than milliseconds

	part  bool   // of the key or, in the first pass, of a candidate for it
	row   int64  // for such: the row that has
	value string // this value
}

// column finds or makes the column of a name, which is at the given position.
func (t *table) column(name string, at edn.Pos) (*column, error) {
	if c, ok := t.byName[name]; ok {
		return c, nil
	}
	c, err := t.newColumn(name, at)
	if err != nil {
		return nil, err
	}
	if other, ok := t.byIdent[c.ident]; ok {
		return nil, t.wrong(at, "rename one of the two", "the columns %q and %q both become :%s", other.name, name, c.ident)
	}
	if len(t.cols) == maxColumns {
		return nil, t.wrong(at, "if the names of members are data, make them values: [{\"name\": …, \"value\": …}]", "%s has more than %d columns", t.kind, maxColumns)
	}
	t.cols = append(t.cols, c)
	t.byName[name], t.byIdent[c.ident] = c, c
	return c, nil
}

func (t *table) newColumn(name string, at edn.Pos) (*column, error) {
	h := parseHeading(name)
	if h.name == "" {
		return nil, t.wrong(at, "give it a name with letters or digits, or remove the column", "the column name %q cannot be part of an attribute", name)
	}
	c := &column{table: t, name: name, short: h.name, ident: t.kind + "/" + h.name, kind: h.kind, types: asAnything}
	if h.space != "" {
		c.ident = h.space + "/" + h.name
	}
	if h.kind != engine.NilKind {
		c.said = "its name"
	}
	if space, _, _ := strings.Cut(c.ident, "/"); space == "db" || strings.HasPrefix(space, "db.") {
		return nil, t.wrong(at, "rename the column or, with --as, the kind", "attributes such as :%s belong to the system", c.ident)
	}
	return c, c.instruct(at)
}

// instruct applies what the database and the options say of the column.
func (c *column) instruct(at edn.Pos) error {
	p := c.table.tables
	if p.o.Schema != nil {
		if a, ok := p.o.Schema.ByIdent(c.ident); ok {
			c.attr = a
		}
	}
	if g := find(p.types, c); g != nil {
		k, ok := kindNamed(g.value)
		if !ok {
			return c.table.wrong(edn.Pos{}, "types are boolean, long, bigint, double, float, bigdec, instant, uuid, keyword, symbol, string, uri and bytes", "--type %s: there is no type %s", g.text, g.value)
		}
		c.kind, c.said = k, "--type "+g.text
	}
	if c.ref = find(p.refs, c); c.ref != nil && !c.isIdentity(c.ref.value) {
		return c.instructRef(at)
	}
	c.ref = nil
	if c.attr != nil && c.attr.Type != engine.NilKind {
		if c.kind != engine.NilKind && c.kind != c.attr.Type {
			return c.table.wrong(at, "import it under another name, or as the same type", "column %s is to be %s (%s), but :%s is %s in the database", c.name, c.kind, c.said, c.ident, c.attr.Type)
		}
		c.kind, c.said = c.attr.Type, "the database"
	}
	return nil
}

// isIdentity tells whether a reference to name would be one to this column itself.
func (c *column) isIdentity(name string) bool {
	return name == c.ident || name == c.table.kind && c.attr != nil && c.attr.Unique == engine.UniqueIdentity
}

// instructRef prepares a column of references. Where the database has the target already, its type is known.
func (c *column) instructRef(at edn.Pos) error {
	if c.attr != nil && c.attr.Type != engine.RefKind && c.attr.Type != engine.NilKind {
		return c.table.wrong(at, "leave out --ref, or import the column under another name", "--ref %s: :%s is %s in the database, not a reference", c.ref.text, c.ident, c.attr.Type)
	}
	c.kind, c.said = engine.NilKind, ""
	if s := c.table.tables.o.Schema; s != nil {
		a, ok := s.ByIdent(c.ref.value)
		if ok && a.Unique == engine.NotUnique {
			return c.table.wrong(at, "refer to a key: an attribute that is unique", "--ref %s: :%s is not unique", c.ref.text, a.Ident)
		}
		if ok && a.Type != engine.NilKind {
			c.kind, c.said = a.Type, ":"+a.Ident
		}
	}
	return nil
}

func (t *table) wrong(at edn.Pos, hint, format string, args ...any) error {
	return t.tables.in.wrong(at, hint, format, args...)
}

// trimmed is the text of a key or of a reference to one.
func trimmed(v edn.Value) string { return strings.TrimSpace(text(v)) }
