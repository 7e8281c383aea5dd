package ingest

import (
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// target is what the cells of a column of references point at: who has that value of attribute ident.
type target struct {
	ident string
	kind  engine.Kind
	own   *keySet // the keys in this file; nil where the target is not in it, or they were not kept
	here  bool    // the target is in this file
	there bool    // the target is in the database
}

// decide settles types, keys and references after the first pass.
func (p *tables) decide() error {
	if err := p.checkUsed(); err != nil {
		return err
	}
	for _, t := range p.list {
		if t.rows == 0 {
			continue
		}
		t.decideTypes()
		if err := t.chooseKey(); err != nil {
			return err
		}
	}
	kept := map[*keySet]bool{}
	for _, t := range p.list {
		for _, c := range t.cols {
			if c.ref == nil || c.cells == 0 || t.key.isColumn(c) && (c.ref.value == c.ident || c.ref.value == t.kind) {
				continue // a key does not refer to itself
			}
			if err := c.aim(); err != nil {
				return err
			}
			kept[c.target.own] = true
		}
	}
	for _, t := range p.list {
		if !kept[t.key.set] {
			t.key.set = nil
		}
	}
	return nil
}

// decideTypes settles the types of the columns that have values.
func (t *table) decideTypes() {
	for _, c := range t.cols {
		switch {
		case c.child != nil:
			c.kind = engine.RefKind
		case c.kind == engine.NilKind:
			c.kind = c.types.inferred()
		}
	}
}

func (k key) isColumn(c *column) bool {
	return k.how == columnKey && len(k.cols) == 1 && k.cols[0] == c
}

// aim finds the target of a column of references, in this file or in the database.
func (c *column) aim() error {
	ident := c.ref.value
	tg := &target{ident: ident}
	for _, t := range c.table.tables.list {
		if t.rows > 0 && t.key.how != compositeKey && (t.key.ident == ident || t.kind == ident) {
			tg.ident, tg.here, tg.own, tg.kind = t.key.ident, true, t.key.set, t.keyType()
		}
	}
	if a := c.table.tables.unique(ident); a != nil {
		tg.ident, tg.there, tg.kind = a.Ident, true, a.Type
	}
	if !tg.here && !tg.there {
		return c.noTarget()
	}
	c.target = tg
	return nil
}

// keyType is the type of the identity of rows.
func (t *table) keyType() engine.Kind {
	switch t.key.how {
	case columnKey:
		return t.key.cols[0].kind
	case rowKey:
		return engine.LongKind
	}
	return engine.StringKind
}

// unique is the unique attribute in the database that is called so, or is the identity of that kind.
func (p *tables) unique(name string) *engine.Attribute {
	s := p.o.Schema
	if s == nil {
		return nil
	}
	if a, ok := s.ByIdent(name); ok && a.Unique != engine.NotUnique {
		return a
	}
	for a := range s.Attributes() {
		if space, _, _ := strings.Cut(a.Ident, "/"); space == name && a.Unique == engine.UniqueIdentity {
			return a
		}
	}
	return nil
}

func (c *column) noTarget() error {
	ident := c.ref.value
	kind, _, _ := strings.Cut(ident, "/")
	hint := "import the file with the rows of " + kind + " first"
	if s := c.table.tables.o.Schema; s != nil {
		if near := s.Nearest(ident); near != "" {
			hint += ", or did you mean :" + near + "?"
		}
	}
	return c.table.wrong(edn.Pos{}, hint, "--ref %s: nothing in the database or the file has the key :%s", c.ref.text, ident)
}
