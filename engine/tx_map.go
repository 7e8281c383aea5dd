package engine

import (
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
)

// entityMap reads a map: what it says of one entity. It returns the entity.
func (x *tx) entityMap(m edn.Value) (ent, error) {
	if x.schemaOnly && !declares(m) {
		return 0, nil
	}
	e, err := x.mapEntity(m)
	if err != nil {
		return 0, err
	}
	items := m.Items()
	for i := 0; i < len(items); i += 2 {
		if err := x.pair(e, items[i], items[i+1]); err != nil {
			return 0, err
		}
	}
	return e, nil
}

// mapEntity is the entity that a map is about: its :db/id, or else a node of its own.
func (x *tx) mapEntity(m edn.Value) (ent, error) {
	items := m.Items()
	for i := 0; i < len(items); i += 2 {
		if !items[i].Is(":db/id") || items[i+1].IsNil() {
			continue
		}
		e, err := x.entity(items[i+1])
		if n, ok := e.node(); ok && err == nil {
			x.nodes.assert(n, false)
		}
		return e, err
	}
	return x.fresh(m.Pos()), nil
}

// fresh is a node for an entity without a name.
func (x *tx) fresh(pos edn.Pos) ent {
	return ent(x.nodes.add(node{what: mapNode, made: true, pos: pos})) | nodeBit
}

// pair reads one key of a map with its value.
func (x *tx) pair(e ent, key, val edn.Value) error {
	if key.Kind() != edn.Keyword {
		return refuse(codeSyntax, key.Pos(), "keys are attributes: write :person/name", "%s cannot be the key of an entity map", brief(key))
	}
	name := key.Text()
	switch {
	case ignored(name) || x.skips(key):
		return nil
	case name == "db/ensure":
		return x.readGuards(e, val)
	case val.IsNil():
		return nilValue(key, val)
	}
	if straight, ok := reversed(name); ok {
		return x.reverse(e, edn.MakeKeyword(straight).At(key.Pos()), val)
	}
	a, err := x.attr(key)
	if err != nil {
		return err
	}
	if !a.Many {
		return x.assert(e, a, val)
	}
	for _, v := range x.each(a, val) {
		if err := x.assert(e, a, v); err != nil {
			return err
		}
	}
	return nil
}

// ignored keys say nothing: the entity itself, and what old Datomic wanted for attributes.
func ignored(name string) bool {
	switch name {
	case "db/id", "db.install/_attribute", "db.install/attribute", "db.alter/_attribute", "db.alter/attribute":
		return true
	}
	return false
}

// reversed turns "ns/_attr" into "ns/attr".
func reversed(name string) (straight string, ok bool) {
	i := strings.LastIndexByte(name, '/') + 1
	if i == len(name) || name[i] != '_' {
		return name, false
	}
	return name[:i] + name[i+1:], true
}

// assert adds one value; a nested map is the entity that a reference points at.
func (x *tx) assert(e ent, a *Attribute, val edn.Value) error {
	pos := val.Pos()
	if val.Kind() == edn.Map && a.Type == RefKind {
		child, err := x.entityMap(val)
		if err == nil {
			x.do(act{e: e, a: a, v: refTo(child), pos: pos})
		}
		return err
	}
	v, err := x.value(a, val)
	if err == nil {
		x.do(act{e: e, a: a, v: v, pos: pos})
	}
	return err
}

// reverse adds references from others to e.
func (x *tx) reverse(e ent, key, val edn.Value) error {
	a, err := x.attr(key)
	if err != nil {
		return err
	}
	if a.Type != RefKind {
		return refuse(codeSyntax, key.Pos(), "only references can be reversed", ":%s is a %s, not a ref", a.Ident, anyName(a.Type))
	}
	for _, v := range x.each(a, val) {
		if err := x.reverseOne(e, a, v); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) reverseOne(e ent, a *Attribute, val edn.Value) (err error) {
	var from ent
	if val.Kind() == edn.Map {
		from, err = x.entityMap(val)
	} else {
		from, err = x.entity(val)
	}
	if err == nil {
		x.do(act{e: from, a: a, v: refTo(e), pos: val.Pos()})
	}
	return err
}

// each lists the values of a form under an attribute of cardinality many (or a
// reversed key): the items of a collection, or the form itself. Two
// items that make a lookup ref are one value, and so is a tuple.
func (x *tx) each(a *Attribute, val edn.Value) []edn.Value {
	switch val.Kind() {
	case edn.Set:
		return val.Items()
	case edn.Vector, edn.List:
		items := val.Items()
		if a.Type == RefKind && x.isLookup(items) || a.Type == TupleKind && !allLists(items) {
			break
		}
		return items
	}
	return []edn.Value{val}
}

func allLists(items []edn.Value) bool {
	for _, v := range items {
		if v.Kind() != edn.Vector && v.Kind() != edn.List {
			return false
		}
	}
	return true
}

// isLookup tells whether items look like a lookup ref: a unique attribute and a value.
func (x *tx) isLookup(items []edn.Value) bool {
	if len(items) != 2 || items[0].Kind() != edn.Keyword {
		return false
	}
	a, ok := x.schema.ByIdent(items[0].Text())
	return ok && a.Unique != NotUnique
}
