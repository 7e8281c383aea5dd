package engine

import "iter"

// Unique says how an attribute's values identify.
type Unique uint8

const (
	NotUnique      Unique = iota
	UniqueIdentity        // at most one entity has a value, and asserting it means that entity
	UniqueValue           // at most one entity has a value
)

// Attribute is one attribute of the schema.
type Attribute struct {
	ID         ID
	Ident      string // "person/name", without the colon
	Type       Kind   // NilKind: any (schema on read)
	Many       bool   // :db.cardinality/many
	Unique     Unique
	Component  bool
	NoHistory  bool
	Index      bool
	Doc        string
	MaxLength  int  // :db/maxLength in characters, 0: none
	TupleAttrs []ID // composite tuple
	TupleTypes []Kind
	TupleType  Kind // homogeneous tuple
}

// Schema is an immutable set of attributes. Its system attributes are the same in every database
// and are not datoms.
type Schema struct {
	onRead bool
	attrs  []*Attribute          // the one with id firstAttr+i at i; ids are dense, attributes are never removed
	names  map[string]*Attribute // the user's by ident
	tuples map[ID][]*Attribute   // composite tuples by each attribute that they are made of
}

// emptySchema has the system attributes only.
func emptySchema(o Options) *Schema {
	return &Schema{onRead: o.SchemaOnRead, names: map[string]*Attribute{}}
}

// schemaOf is the schema of attributes that were read from storage, in rising order of their ids.
func schemaOf(o Options, attrs []*Attribute) (*Schema, error) {
	s := &Schema{onRead: o.SchemaOnRead, attrs: attrs}
	for i, a := range attrs {
		if a.ID != firstAttr+ID(i) {
			return nil, &schemaError{id: a.ID, msg: "attribute ids have a gap"}
		}
	}
	return s, s.index()
}

// ByIdent finds an attribute by its ident, without the colon.
func (s *Schema) ByIdent(ident string) (*Attribute, bool) {
	if a, ok := s.names[ident]; ok {
		return a, true
	}
	a, ok := systemByIdent[ident]
	return a, ok
}

// ByID finds an attribute by its entity id.
func (s *Schema) ByID(id ID) (*Attribute, bool) {
	switch {
	case id >= firstAttr && id < s.nextAttr():
		return s.attrs[id-firstAttr], true
	case id > dbPart && id <= dbPart+ID(len(systemAttributes)):
		return systemAttributes[id-dbPart-1], true
	}
	return nil, false
}

// Attributes yields the user's attributes by rising id.
func (s *Schema) Attributes() iter.Seq[*Attribute] { return each(s.attrs) }

// System yields the built-in attributes by rising id.
func (s *Schema) System() iter.Seq[*Attribute] { return each(systemAttributes) }

// ids are those of all attributes, rising.
func (s *Schema) ids() []ID {
	var ids []ID
	for _, list := range [][]*Attribute{systemAttributes, s.attrs} {
		for _, a := range list {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func each(attrs []*Attribute) iter.Seq[*Attribute] {
	return func(yield func(*Attribute) bool) {
		for _, a := range attrs {
			if !yield(a) {
				return
			}
		}
	}
}

// OnRead tells whether attributes may be used without being declared.
func (s *Schema) OnRead() bool { return s.onRead }

// nextAttr is the id that the next attribute gets.
func (s *Schema) nextAttr() ID { return firstAttr + ID(len(s.attrs)) }

// entity finds what a keyword names without reading data: an attribute or an ident of the system.
func (s *Schema) entity(ident string) (ID, bool) {
	if a, ok := s.ByIdent(ident); ok {
		return a.ID, true
	}
	return systemIdent(ident)
}

// index builds what is looked up by name and by part.
func (s *Schema) index() error {
	s.names = make(map[string]*Attribute, len(s.attrs))
	s.tuples = map[ID][]*Attribute{}
	for _, a := range s.attrs {
		if _, ok := s.entity(a.Ident); ok {
			return &schemaError{id: a.ID, msg: ":" + a.Ident + " is the ident of another attribute"}
		}
		s.names[a.Ident] = a
		for _, part := range a.TupleAttrs {
			s.tuples[part] = append(s.tuples[part], a)
		}
	}
	return nil
}

// schemaError is a set of datoms that makes no schema; id is the attribute at fault.
type schemaError struct {
	id        ID
	msg, hint string
}

func (e *schemaError) Error() string { return "schema: " + e.msg }
