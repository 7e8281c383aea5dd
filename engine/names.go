package engine

import (
	"context"
	"iter"
)

// Home is where an entity lives in the tree of files: the kind is the
// namespace of its identifying attribute ("_" without one), the name is made
// of the value (FileName) or, under "_", the id in decimal.
type Home struct{ Kind, Name string }

func (h Home) String() string { return h.Kind + "/" + h.Name }

// Name is one entry of the names index. Digest changes whenever anything that
// the entity's directory shows changes, mtimes included; Newest is the t of the newest change that it shows.
type Name struct {
	Home   Home
	ID     ID
	Newest uint64
	Digest uint64
}

// KindInfo tells about all entities of one kind without reading them. Digest is that of the kind's directory.
type KindInfo struct {
	Kind   string
	Count  uint64
	Newest uint64
	Digest uint64
}

// Kinds lists the kinds by name. Attributes and transactions are not entities in this sense.
func (db DB) Kinds(ctx context.Context) ([]KindInfo, error) { panic("spec") }

// Names yields the entities of one kind in name order, starting at the first name >= from.
func (db DB) Names(ctx context.Context, kind, from string) iter.Seq2[Name, error] { panic("spec") }

// NameAt yields from the nth entry on (for directory offsets).
func (db DB) NamesAt(ctx context.Context, kind string, n uint64) iter.Seq2[Name, error] {
	panic("spec")
}

// Lookup finds the entity at a home path. "_" and a decimal id finds every entity that has datoms.
func (db DB) Lookup(ctx context.Context, h Home) (Name, bool, error) { panic("spec") }

// HomeOf is where the entity lives, and the newest t at which that changed.
func (db DB) HomeOf(ctx context.Context, id ID) (Home, uint64, error) { panic("spec") }

// FileName maps text to a name that any file system takes, reversibly up to 200 bytes (TREE.md rule 3).
func FileName(text string) string { panic("spec") }

// ParseFileName is its inverse; ok is false for names FileName never gives, and for shortened ones.
func ParseFileName(name string) (text string, ok bool) { panic("spec") }

// AttrFileName is the file name of attribute ident among the files of an entity of the given kind.
func AttrFileName(kind, ident string) string { panic("spec") }

// Text is how a value is shown in files, without the newline. Refs are not for it: their text is their target's home.
func Text(v Value) string { panic("spec") }
