package engine

import (
	"fmt"

	"github.com/dhfs/dhfs/engine/edn"
)

// FromEDN is the function FromEDN for a value of an attribute: the elements of a tuple have the types that
// the attribute gives them. References are ids.
func (s *Schema) FromEDN(a *Attribute, form edn.Value) (Value, error) {
	if a.Type != TupleKind || form.Kind() != edn.Vector && form.Kind() != edn.List {
		return FromEDN(a.Type, form)
	}
	items := form.Items()
	values := make([]Value, len(items))
	for i, item := range items {
		kind, ok := s.Part(a, i)
		if !ok {
			return Value{}, fmt.Errorf("%s has more elements than :%s", brief(form), a.Ident)
		}
		if item.IsNil() {
			continue
		}
		var err error
		if values[i], err = FromEDN(kind, item); err != nil {
			return Value{}, err
		}
	}
	v := Tuple(values...)
	return v, checkSize(v)
}

// Part is the type of an element of a tuple attribute, NilKind where any will do; ok is false when there is no such element.
func (s *Schema) Part(a *Attribute, i int) (k Kind, ok bool) {
	switch {
	case len(a.TupleTypes) > 0:
		if ok = i < len(a.TupleTypes); ok {
			k = a.TupleTypes[i]
		}
	case len(a.TupleAttrs) > 0:
		if ok = i < len(a.TupleAttrs); ok {
			part, _ := s.ByID(a.TupleAttrs[i])
			k = part.Type
		}
	default:
		k, ok = a.TupleType, true
	}
	return k, ok
}
