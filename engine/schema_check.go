package engine

import (
	"fmt"
	"strings"
)

// maxTuple is how many elements a tuple may have, as in Datomic.
const maxTuple = 8

// maxMaxLength is the largest :db/maxLength.
const maxMaxLength = 1<<31 - 1

// check verifies that every changed attribute makes sense by itself and beside the others.
func (d *drafts) check(next *Schema) error {
	for _, a := range d.list {
		if err := a.check(next); err != nil {
			return err
		}
	}
	return d.checkRenames(next)
}

func (a *Attribute) wrong(msg, hint string) error {
	name := ":" + a.Ident
	if a.Ident == "" {
		name = fmt.Sprintf("attribute %d", a.ID)
	}
	return &schemaError{id: a.ID, msg: name + " " + msg, hint: hint}
}

func (a *Attribute) check(s *Schema) error {
	switch {
	case a.Ident == "":
		return a.wrong("has no :db/ident", "an attribute keeps its ident for ever; it can be given another one")
	case reserved(a.Ident):
		return a.wrong("is in a namespace of the system", "namespaces db and db.* are taken")
	case strings.HasPrefix(nameOf(a.Ident), "_"):
		return a.wrong("begins with an underscore, which means a reverse reference", "choose another name")
	case a.Type == NilKind && !s.onRead:
		return a.wrong("has no :db/valueType", "add :db/valueType, one of "+strings.Join(keywords(typeIdents[BoolKind:]), " "))
	case a.Component && a.Type != RefKind:
		return a.wrong("is a component but no reference", "components need :db/valueType :db.type/ref")
	}
	if err := a.checkUnique(); err != nil {
		return err
	}
	if err := a.checkLength(); err != nil {
		return err
	}
	return a.checkTuple(s)
}

// reserved tells whether only the system may use the ident.
func reserved(ident string) bool {
	ns, _, ok := strings.Cut(ident, "/")
	return ok && (ns == "db" || strings.HasPrefix(ns, "db."))
}

func (a *Attribute) checkUnique() error {
	if a.Unique != NotUnique && a.Type == BytesKind {
		return a.wrong("cannot be unique: its type is bytes", "use a string or a uuid")
	}
	return nil
}

func (a *Attribute) checkLength() error {
	switch {
	case a.MaxLength < 0 || a.MaxLength > maxMaxLength:
		return a.wrong("has a :db/maxLength out of range", fmt.Sprintf("1 to %d characters", maxMaxLength))
	case a.MaxLength > 0 && a.Type != StringKind && a.Type != URIKind && a.Type != NilKind:
		return a.wrong("has a :db/maxLength but its type is "+a.Type.String(), ":db/maxLength is for strings and uris")
	}
	return nil
}

func (a *Attribute) checkTuple(s *Schema) error {
	forms := count(len(a.TupleAttrs) > 0, len(a.TupleTypes) > 0, a.TupleType != NilKind)
	switch {
	case a.Type != TupleKind && forms > 0:
		return a.wrong("is described as a tuple but is none", "add :db/valueType :db.type/tuple")
	case a.Type == TupleKind && forms != 1:
		return a.wrong("must have one of :db/tupleAttrs, :db/tupleTypes and :db/tupleType", "")
	case a.TupleType == TupleKind:
		return a.wrong("has tuples in tuples", "tuples hold scalars and references")
	}
	if len(a.TupleTypes) > 0 {
		return a.checkTypes()
	}
	return a.checkParts(s)
}

func count(facts ...bool) (n int) {
	for _, holds := range facts {
		if holds {
			n++
		}
	}
	return n
}

func (a *Attribute) checkTypes() error {
	if n := len(a.TupleTypes); n < 2 || n > maxTuple {
		return a.wrong(fmt.Sprintf("has %d tuple types", n), "a tuple has 2 to 8 elements")
	}
	for _, k := range a.TupleTypes {
		if k == TupleKind {
			return a.wrong("has tuples in tuples", "tuples hold scalars and references")
		}
	}
	return nil
}

// checkParts verifies a composite tuple: its parts are single scalars, and it is one itself.
func (a *Attribute) checkParts(s *Schema) error {
	if len(a.TupleAttrs) == 0 {
		return nil
	}
	if n := len(a.TupleAttrs); n < 2 || n > maxTuple {
		return a.wrong(fmt.Sprintf("has %d tuple attributes", n), "a tuple has 2 to 8 elements")
	}
	if a.Many {
		return a.wrong("is a composite tuple of cardinality many", "an entity has one composite tuple: use :db.cardinality/one")
	}
	for _, id := range a.TupleAttrs {
		if err := a.checkPart(s, id); err != nil {
			return err
		}
	}
	return nil
}

func (a *Attribute) checkPart(s *Schema, id ID) error {
	part, _ := s.ByID(id)
	switch {
	case isSystem(id):
		return a.wrong("has the part :"+part.Ident+", which belongs to the system", "")
	case part.Type == TupleKind:
		return a.wrong("has the part :"+part.Ident+", which is a tuple", "parts are scalars and references")
	case part.Many:
		return a.wrong("has the part :"+part.Ident+" of cardinality many", "parts have cardinality one")
	}
	return nil
}

// checkRenames refuses what would break composite tuples that did not change
// themselves: their datoms name their parts.
func (d *drafts) checkRenames(next *Schema) error {
	for _, a := range d.list {
		for _, whole := range next.tuples[a.ID] {
			old, ok := d.schema.ByID(a.ID)
			if ok && old.Ident != a.Ident {
				return a.wrong("is a part of the composite tuple :"+whole.Ident+" and cannot be renamed (it was :"+old.Ident+")", "")
			}
			if err := whole.checkPart(next, a.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func keywords(idents []string) []string {
	out := make([]string, len(idents))
	for i, s := range idents {
		out[i] = ":" + s
	}
	return out
}

// didYouMean is a hint; "" when nothing is near.
func didYouMean(ident string) string {
	if ident == "" {
		return ""
	}
	return "did you mean :" + ident + "?"
}
