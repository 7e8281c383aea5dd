package engine

import (
	"math"
	"strconv"

	"github.com/dhfs/dhfs/engine/edn"
)

// entity reads a form that names an entity: id, tempid, ident, lookup ref.
func (x *tx) entity(f edn.Value) (ent, error) {
	switch f.Kind() {
	case edn.Int:
		if f.Int() < 0 {
			return x.tempid(strconv.FormatInt(f.Int(), 10), f.Pos()), nil
		}
		return x.userID(f)
	case edn.String:
		if isTxName(f.Text()) {
			return ent(x.id), nil
		}
		return x.tempid(f.Text(), f.Pos()), nil
	case edn.Keyword:
		return x.ident(f), nil
	case edn.Vector, edn.List:
		return x.lookupRef(f)
	case edn.Tagged:
		return x.taggedID(f)
	case edn.Nil:
		return 0, refuse(codeNil, f.Pos(), "", "nil is no entity")
	case edn.BigInt:
		return 0, refuse(codeEntity, f.Pos(), "", "entity id %s is out of range: the largest is %d", brief(f), int64(math.MaxInt64))
	}
	return 0, refuse(codeEntity, f.Pos(), "entities are written as an id, a tempid (-1, \"name\"), an ident or a lookup ref [:attribute value]",
		"%s is no entity", brief(f))
}

// isTxName tells whether a name means the transaction itself.
func isTxName(name string) bool {
	return name == "datomic.tx" || name == "datahike.tx" || name == ":db/current-tx"
}

func (x *tx) tempid(name string, pos edn.Pos) ent {
	n, ok := x.tempids[name]
	if !ok {
		n = x.nodes.add(node{what: tempidNode, tempid: name, pos: pos})
		x.tempids[name] = n
	}
	return ent(n) | nodeBit
}

// userID takes an id that was written down. In the partitions of the system only what exists can be named.
func (x *tx) userID(f edn.Value) (ent, error) {
	id := ID(f.Int())
	switch _, isTx := TxOf(id); {
	case id == 0:
		return 0, refuse(codeEntity, f.Pos(), "ids begin at 1; use -1 for a new entity", "0 is no entity id")
	case id < dbPart:
		x.last = max(x.last, id)
	case isAttr(id) || isSystem(id):
		if _, ok := x.schema.ByID(id); !ok && !isEnum(id) {
			return 0, refuse(codeMissing, f.Pos(), "leave :db/id out: attributes get their ids from the database", "there is no attribute with id %d", id)
		}
	case isTx && id > x.id || !isTx && id < 4*dbPart:
		return 0, refuse(codeMissing, f.Pos(), `"datomic.tx" is this transaction; ids from 2^42 to 2^44 are the system's`,
			"there is no transaction with id %d", id)
	}
	return ent(id), nil
}

// isEnum tells whether id is an ident of the system that is no attribute.
func isEnum(id ID) bool {
	for _, known := range systemEnums {
		if id == known {
			return true
		}
	}
	return false
}

// ident is the entity with a :db/ident; its existence is checked when all claims are known.
func (x *tx) ident(f edn.Value) ent {
	if f.Text() == "db/current-tx" {
		return ent(x.id)
	}
	if id, ok := x.schema.entity(f.Text()); ok {
		return ent(id)
	}
	return x.lookup(systemByIdent["db/ident"], Keyword(f.Text()), f.Pos())
}

func (x *tx) lookupRef(f edn.Value) (ent, error) {
	items := f.Items()
	if len(items) != 2 {
		return 0, refuse(codeLookup, f.Pos(), "write [:attribute value]", "%s is no lookup ref", brief(f))
	}
	a, err := x.known(items[0])
	if err != nil {
		return 0, err
	}
	if a == nil || a.Unique == NotUnique {
		return 0, refuse(codeLookupUnique, f.Pos(), "add :db/unique :db.unique/identity to the attribute, or use the entity's id",
			"%s cannot be looked up: %s is not unique", brief(f), brief(items[0]))
	}
	v, err := x.value(a, items[1])
	if err != nil {
		return 0, err
	}
	return x.lookup(a, v, f.Pos()), nil
}

// lookup is the node for whoever has value v of the unique attribute a, the same for equal lookups.
func (x *tx) lookup(a *Attribute, v Value, pos edn.Pos) ent {
	key := lookup{a.ID, v}
	n, ok := x.lookups[key]
	if !ok {
		n = x.nodes.add(node{what: lookupNode, by: key, pos: pos})
		x.lookups[key] = n
		x.claim(claim{a: a, v: v, e: ent(n) | nodeBit, pos: pos})
	}
	return ent(n) | nodeBit
}

// taggedID reads Datomic's #db/id [partition number?].
func (x *tx) taggedID(f edn.Value) (ent, error) {
	items := f.Items()[0].Items()
	if f.Text() != "db/id" || len(items) < 1 || len(items) > 2 || items[0].Kind() != edn.Keyword {
		return 0, refuse(codeEntity, f.Pos(), "write #db/id [:db.part/user -1], or just -1", "%s is no entity", brief(f))
	}
	part := items[0].Text()
	switch {
	case part == "db.part/tx":
		return ent(x.id), nil
	case len(items) == 1:
		return x.fresh(f.Pos()), nil
	case items[1].Kind() != edn.Int || items[1].Int() >= 0:
		return 0, refuse(codeEntity, f.Pos(), "the number is negative", "%s is no tempid", brief(f))
	case part == "db.part/user":
		return x.entity(items[1])
	}
	return x.tempid(":"+part+" "+brief(items[1]), f.Pos()), nil
}
