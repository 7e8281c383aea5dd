package main

import (
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// schemaForms is the schema as tx data, a map for each attribute.
func schemaForms(db engine.DB) []edn.Value {
	var forms []edn.Value
	for attr := range db.Schema().Attributes() {
		forms = append(forms, attributeForm(db, attr))
	}
	return forms
}

func attributeForm(db engine.DB, attr *engine.Attribute) edn.Value {
	var pairs []edn.Value
	set := func(name string, v edn.Value) { pairs = append(pairs, edn.MakeKeyword("db/"+name), v) }
	set("ident", edn.MakeKeyword(attr.Ident))
	if attr.Type != engine.NilKind {
		set("valueType", edn.MakeKeyword("db.type/"+attr.Type.String()))
	}
	set("cardinality", edn.MakeKeyword("db.cardinality/"+cardinality(attr)))
	if attr.Unique != engine.NotUnique {
		set("unique", edn.MakeKeyword("db.unique/"+uniqueName(attr.Unique)))
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"isComponent", attr.Component}, {"noHistory", attr.NoHistory}, {"index", attr.Index}} {
		if flag.on {
			set(flag.name, edn.MakeBool(true))
		}
	}
	if attr.Doc != "" {
		set("doc", text(attr.Doc))
	}
	if attr.MaxLength > 0 {
		set("maxLength", number(attr.MaxLength))
	}
	setTuple(set, db, attr)
	return edn.MakeMap(pairs...)
}

func setTuple(set func(string, edn.Value), db engine.DB, attr *engine.Attribute) {
	if len(attr.TupleAttrs) > 0 {
		var idents []edn.Value
		for _, id := range attr.TupleAttrs {
			idents = append(idents, edn.MakeKeyword(identOf(db, id)))
		}
		set("tupleAttrs", edn.MakeVector(idents...))
	}
	if len(attr.TupleTypes) > 0 {
		var types []edn.Value
		for _, k := range attr.TupleTypes {
			types = append(types, typeKeyword(k))
		}
		set("tupleTypes", edn.MakeVector(types...))
	}
	if attr.TupleType != engine.NilKind {
		set("tupleType", typeKeyword(attr.TupleType))
	}
}

func typeKeyword(k engine.Kind) edn.Value { return edn.MakeKeyword(fmt.Sprintf("db.type/%s", k)) }
