package engine

import (
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// tuple reads the value of a tuple attribute. nil may stand for an element.
func (x *tx) tuple(a *Attribute, f edn.Value) (Value, error) {
	if f.Kind() != edn.Vector && f.Kind() != edn.List {
		return Value{}, wrongType(a, f, "tuples are vectors")
	}
	items := f.Items()
	if err := x.tupleSize(a, f, len(items)); err != nil {
		return Value{}, err
	}
	vals := make([]Value, len(items))
	for i, item := range items {
		if item.IsNil() {
			continue
		}
		v, err := x.element(a, x.elementType(a, i), item)
		if err != nil {
			return Value{}, err
		}
		vals[i] = v
	}
	if slices.ContainsFunc(vals, isNode) {
		x.late = append(x.late, lateTuple{a, vals, f.Pos()})
		return Value{kind: TupleKind, num: uint64(len(x.late))}, nil
	}
	return x.tupleOf(a, vals, f.Pos())
}

// lateTuple is a tuple with references to entities whose ids are not known. A Value of
// TupleKind whose num is n stands for the nth until it is.
type lateTuple struct {
	a    *Attribute
	vals []Value
	pos  edn.Pos
}

func isNode(v Value) bool {
	_, ok := v.refNode()
	return ok
}

func (x *tx) tupleOf(a *Attribute, vals []Value, pos edn.Pos) (Value, error) {
	v := Tuple(vals...)
	if err := checkSize(v); err != nil {
		return v, refuse(codeValue, pos, "", ":%s: %s", a.Ident, err)
	}
	return v, nil
}

// settled is v with ids in place of nodes; ok is false while one of them has none.
func (x *tx) settled(v Value) (_ Value, ok bool, err error) {
	if n, ok := v.refNode(); ok {
		id := x.nodes.root(n).id
		return Ref(id), id != 0, nil
	}
	if v.kind != TupleKind || v.num == 0 {
		return v, true, nil
	}
	late := x.late[v.num-1]
	vals := slices.Clone(late.vals)
	for i := range vals {
		if vals[i], ok, err = x.settled(vals[i]); !ok || err != nil {
			return v, ok, err
		}
	}
	v, err = x.tupleOf(late.a, vals, late.pos)
	return v, true, err
}

// tupleSize checks how many elements a value of a tuple attribute has.
func (x *tx) tupleSize(a *Attribute, f edn.Value, n int) error {
	want := max(len(a.TupleTypes), len(a.TupleAttrs))
	switch {
	case want > 0 && n != want:
		return refuse(codeValue, f.Pos(), "", ":%s: %s has %d elements, not %d", a.Ident, brief(f), n, want)
	case want == 0 && (n < 2 || n > maxTuple) && !isSystem(a.ID):
		return refuse(codeValue, f.Pos(), "", ":%s: %s has %d elements, a tuple has 2 to %d", a.Ident, brief(f), n, maxTuple)
	}
	return nil
}

// elementType is the type of element i.
func (x *tx) elementType(a *Attribute, i int) Kind {
	k, _ := x.schema.Part(a, i)
	return k
}

// element reads one element.
func (x *tx) element(a *Attribute, k Kind, f edn.Value) (Value, error) {
	one := Attribute{Ident: a.Ident, Type: k}
	if k == RefKind {
		return x.ref(&one, f)
	}
	return scalar(&one, f)
}

// imply claims composite tuples of unique identity for entities without an id whose parts
// are all asserted, so that they mean who has that tuple already.
func (x *tx) imply() (progress bool) {
	for a := range x.schema.Attributes() {
		if len(a.TupleAttrs) > 0 && a.Unique == UniqueIdentity {
			progress = x.implyTuple(a) || progress
		}
	}
	return progress
}

func (x *tx) implyTuple(a *Attribute) (progress bool) {
	parts := map[int32][]Value{}
	for i := range x.acts {
		x.collect(a, &x.acts[i], parts)
	}
	for i := range x.nodes { // in their order: ids and errors must not depend on the map's
		vals, ok := parts[int32(i)]
		if !ok || !complete(vals) {
			continue
		}
		v := Tuple(vals...)
		key := implied{a.ID, v, int32(i)}
		if x.implied[key] {
			continue
		}
		if x.implied == nil {
			x.implied = map[implied]bool{}
		}
		x.implied[key], progress = true, true
		x.claim(claim{a: a, v: v, e: ent(i) | nodeBit, asserts: true, pos: x.nodes[i].pos})
	}
	return progress
}

// implied is a claim that was made of parts.
type implied struct {
	a ID
	v Value
	n int32
}

// collect keeps the value of an act that asserts a part of composite tuple a of a node.
func (x *tx) collect(a *Attribute, o *act, parts map[int32][]Value) {
	n, ok := o.e.node()
	if !ok || o.do != add {
		return
	}
	for i, id := range a.TupleAttrs {
		if id != o.a.ID {
			continue
		}
		v := o.v
		if m, isNode := v.refNode(); isNode {
			if v = (Value{}); x.nodes.root(m).id != 0 {
				v = Ref(x.nodes.root(m).id)
			}
		}
		r := x.nodes.find(n)
		if parts[r] == nil {
			parts[r] = make([]Value, len(a.TupleAttrs))
		}
		parts[r][i] = v
	}
}

func complete(vals []Value) bool {
	for _, v := range vals {
		if v.IsNil() {
			return false
		}
	}
	return true
}
