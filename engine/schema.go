package engine

import "iter"

// Unique says how an attribute's values identify.
type Unique uint8

const (
	NotUnique Unique = iota
	UniqueIdentity
	UniqueValue
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
type Schema struct{}

func (s *Schema) ByIdent(ident string) (*Attribute, bool) { panic("spec") } // without colon
func (s *Schema) ByID(id ID) (*Attribute, bool)           { panic("spec") }

// Attributes yields the user's attributes by rising id.
func (s *Schema) Attributes() iter.Seq[*Attribute] { panic("spec") }

// System yields the built-in attributes by rising id.
func (s *Schema) System() iter.Seq[*Attribute] { panic("spec") }

// Nearest is the ident most like the given one, for error messages; "" if none is near.
func (s *Schema) Nearest(ident string) string { panic("spec") }

// OnRead tells whether attributes may be used without being declared.
func (s *Schema) OnRead() bool { panic("spec") }
