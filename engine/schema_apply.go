package engine

import (
	"cmp"
	"fmt"
	"slices"
)

// apply is the schema after datoms. It is the same pointer when they change no attribute.
// Datoms may come in any order, one value for each field of an attribute.
func (s *Schema) apply(datoms []Datom) (*Schema, error) {
	d := drafts{schema: s}
	for _, added := range []bool{false, true} { // a replaced value must not clear the new one
		for i := range datoms {
			if f := &datoms[i]; f.Added == added && isAttr(f.E) && isSystem(f.A) {
				if err := d.field(f); err != nil {
					return nil, err
				}
			}
		}
	}
	if !d.changed() {
		return s, nil
	}
	return d.finish()
}

// draft is an attribute that datoms are changing. Its composite tuple is by
// name until all names are known.
type draft struct {
	Attribute
	parts []string // nil: as in Attribute.TupleAttrs
}

type drafts struct {
	schema *Schema
	list   []*draft // by rising id
}

// of finds or begins the draft of an attribute.
func (d *drafts) of(id ID) *draft {
	i, ok := slices.BinarySearchFunc(d.list, id, func(x *draft, id ID) int { return cmp.Compare(x.ID, id) })
	if ok {
		return d.list[i]
	}
	a := &draft{Attribute: Attribute{ID: id}}
	if old, ok := d.schema.ByID(id); ok {
		a.Attribute = *old
	}
	d.list = slices.Insert(d.list, i, a)
	return a
}

// field takes over one datom: a retraction clears the field that has its value.
func (d *drafts) field(f *Datom) error {
	a := d.of(f.E)
	if f.A == attrTupleAttrs {
		a.parts = []string{}
	}
	if !f.Added {
		a.clear(f.A)
		return nil
	}
	if err := a.set(f.A, f.V); err != nil {
		return &schemaError{id: f.E, msg: err.Error()}
	}
	return nil
}

func (a *draft) clear(field ID) {
	switch field {
	case attrIdent:
		a.Ident = ""
	case attrValueType:
		a.Type = NilKind
	case attrCardinality:
		a.Many = false
	case attrUnique:
		a.Unique = NotUnique
	case attrDoc:
		a.Doc = ""
	case attrMaxLength:
		a.MaxLength = 0
	case attrTupleTypes:
		a.TupleTypes = nil
	case attrTupleType:
		a.TupleType = NilKind
	default:
		a.setFlag(field, false)
	}
}

func (a *draft) set(field ID, v Value) (err error) {
	switch field {
	case attrIdent:
		a.Ident = v.Text()
	case attrValueType:
		a.Type, err = parseKind(v)
	case attrCardinality:
		a.Many = v.Text() == cardinalityMany
	case attrUnique:
		a.Unique = parseUnique(v)
	case attrDoc:
		a.Doc = v.Text()
	case attrMaxLength:
		a.MaxLength = int(v.Long())
	case attrTupleAttrs:
		a.parts = texts(v.Tuple())
	case attrTupleTypes:
		a.TupleTypes, err = parseKinds(v.Tuple())
	case attrTupleType:
		a.TupleType, err = parseKind(v)
	default:
		a.setFlag(field, v.Bool())
	}
	return err
}

func (a *draft) setFlag(field ID, on bool) {
	switch field {
	case attrIsComponent:
		a.Component = on
	case attrNoHistory:
		a.NoHistory = on
	case attrIndex:
		a.Index = on
	}
}

func parseKind(v Value) (Kind, error) {
	k, ok := valueKind(v.Text())
	if !ok {
		return k, fmt.Errorf(":%s is not a value type", v.Text())
	}
	return k, nil
}

func parseKinds(vs []Value) (kinds []Kind, err error) {
	for _, v := range vs {
		k, err := parseKind(v)
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

func parseUnique(v Value) Unique {
	if v.Text() == uniqueValue {
		return UniqueValue
	}
	return UniqueIdentity
}

func texts(vs []Value) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = v.Text()
	}
	return out
}

// changed drops the drafts that came out as the attribute was.
func (d *drafts) changed() bool {
	d.list = slices.DeleteFunc(d.list, func(a *draft) bool {
		old, ok := d.schema.ByID(a.ID)
		return ok && a.parts == nil && a.equal(old)
	})
	return len(d.list) > 0
}

func (a *Attribute) equal(b *Attribute) bool {
	return a.ID == b.ID && a.Ident == b.Ident && a.Type == b.Type && a.Many == b.Many && a.Unique == b.Unique &&
		a.Component == b.Component && a.NoHistory == b.NoHistory && a.Index == b.Index && a.Doc == b.Doc &&
		a.MaxLength == b.MaxLength && a.sameTuple(b)
}

func (a *Attribute) sameTuple(b *Attribute) bool {
	return a.TupleType == b.TupleType && slices.Equal(a.TupleAttrs, b.TupleAttrs) && slices.Equal(a.TupleTypes, b.TupleTypes)
}

// finish makes the new schema and checks every attribute that changed.
func (d *drafts) finish() (*Schema, error) {
	next := &Schema{onRead: d.schema.onRead, attrs: slices.Clone(d.schema.attrs)}
	for _, a := range d.list {
		switch at := int(a.ID - firstAttr); {
		case at < len(next.attrs):
			next.attrs[at] = &a.Attribute
		case at == len(next.attrs):
			next.attrs = append(next.attrs, &a.Attribute)
		default:
			return nil, &schemaError{id: a.ID, msg: "attribute ids have a gap"}
		}
	}
	if err := next.index(); err != nil {
		return nil, err
	}
	for _, a := range d.list {
		if err := a.link(next); err != nil {
			return nil, err
		}
	}
	if err := next.index(); err != nil { // again: now with the parts of tuples
		return nil, err
	}
	return next, d.check(next)
}

// link turns the names of a composite tuple's parts into ids.
func (a *draft) link(s *Schema) error {
	if a.parts == nil {
		return nil
	}
	a.TupleAttrs = nil
	for _, name := range a.parts {
		part, ok := s.ByIdent(name)
		if !ok {
			return a.wrong("part :"+name+" is no attribute", didYouMean(s.Nearest(name)))
		}
		a.TupleAttrs = append(a.TupleAttrs, part.ID)
	}
	return nil
}
