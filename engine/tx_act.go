package engine

import "github.com/dhfs/dhfs/engine/edn"

// ent is an entity that tx data speaks of: its id, or with the top bit set the
// number of a node whose id is yet to be found.
type ent uint64

const nodeBit ent = 1 << 63

// node tells which node e is, if it is one.
func (e ent) node() (n int32, ok bool) { return int32(e &^ nodeBit), e&nodeBit != 0 }

// deed is what an act does to datoms.
type deed uint8

const (
	add     deed = iota
	retract      // one datom, if it is there
	wipe         // one datom that was there before, as part of something larger
	wipeAll      // all values of an attribute
)

// act is one primitive step of a transaction. Until ids are settled, e and the
// value of a reference may be nodes.
type act struct {
	e   ent
	a   *Attribute
	v   Value // not for wipeAll
	pos edn.Pos
	seq int32 // the number of the form that it comes from
	do  deed
}

// refNode is the node that a reference value stands for, if it is one.
func (v Value) refNode() (n int32, ok bool) {
	if v.kind != RefKind {
		return 0, false
	}
	return ent(v.num).node()
}

func refTo(e ent) Value { return Value{kind: RefKind, num: uint64(e)} }

// swap is a compare-and-swap: what the attribute must hold before the transaction.
type swap struct {
	e   ent
	a   *Attribute
	old Value // nil: nothing
	pos edn.Pos
}

// removal is an entity that is retracted with its parts and all references to
// it, or only the parts that it has under one attribute.
type removal struct {
	e     ent
	parts *Attribute // nil: all of the entity
	pos   edn.Pos
	seq   int32
}

// guard is a :db/ensure: an entity that must meet a spec in the end.
type guard struct {
	e, spec ent
	pos     edn.Pos
}

// do appends an act and what it claims.
func (x *tx) do(o act) {
	o.seq = x.seq
	x.acts = append(x.acts, o)
	if o.do != add {
		return
	}
	if n, ok := o.e.node(); ok {
		x.nodes.assert(n, defines(o.a.ID))
	}
	if o.a.Unique != NotUnique {
		x.claim(claim{a: o.a, v: o.v, e: o.e, asserts: true, pos: o.pos})
	}
	if o.a.ID == attrTxInstant {
		x.stamped, x.stampedAt, x.at = true, o.pos, o.v.Millis()
	}
}

func (x *tx) claim(c claim) {
	c.seq = int32(len(x.claims))
	x.claims = append(x.claims, c)
}

// permit refuses what no transaction may do. The act's ids are settled.
func (x *tx) permit(o *act) error {
	id := ID(o.e)
	switch {
	case isSystem(id):
		return refuse(codeSchema, o.pos, "", "entity %d belongs to the system and cannot be changed", id)
	case defines(o.a.ID) && !isAttr(id):
		return refuse(codeSchema, o.pos, "leave :db/id out: attributes get their ids from the database",
			"entity %d is given :%s, but it is no attribute and cannot become one", id, o.a.Ident)
	case o.a.ID == attrTxInstant && id != x.id:
		return refuse(codeInstant, o.pos, `only "datomic.tx" can be given one`, "the :db/txInstant of entity %d cannot be set", id)
	case o.a.ID == attrTxInstant && o.do != add:
		return refuse(codeInstant, o.pos, "", "the :db/txInstant of a transaction cannot be retracted")
	}
	return nil
}
