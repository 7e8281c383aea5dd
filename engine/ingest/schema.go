package ingest

import (
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// schema makes the attributes that the database lacks.
func (p *tables) schema() (forms []edn.Value) {
	for _, t := range p.list {
		if t.rows == 0 {
			continue
		}
		for _, c := range t.cols {
			if c.cells > 0 && c.attr == nil {
				forms = append(forms, c.attribute())
			}
		}
		if t.key.how != columnKey && !p.has(t.key.ident) {
			forms = append(forms, t.keyAttribute())
		}
	}
	return forms
}

func (p *tables) has(ident string) bool {
	if p.o.Schema == nil {
		return false
	}
	_, ok := p.o.Schema.ByIdent(ident)
	return ok
}

// attribute is the schema of a column.
func (c *column) attribute() edn.Value {
	kind, cardinality := c.kind, "db.cardinality/one"
	if c.target != nil {
		kind = engine.RefKind
	}
	if c.many {
		cardinality = "db.cardinality/many"
	}
	pairs := attributePairs(c.ident, kind, cardinality)
	if c.table.key.isColumn(c) {
		pairs = append(pairs, edn.MakeKeyword("db/unique"), edn.MakeKeyword("db.unique/identity"))
	}
	if c.child != nil {
		pairs = append(pairs, edn.MakeKeyword("db/isComponent"), edn.MakeBool(true))
	}
	return edn.MakeMap(pairs...).At(c.first)
}

func attributePairs(ident string, kind engine.Kind, cardinality string) []edn.Value {
	return []edn.Value{
		edn.MakeKeyword("db/ident"), edn.MakeKeyword(ident),
		edn.MakeKeyword("db/valueType"), edn.MakeKeyword("db.type/" + kind.String()),
		edn.MakeKeyword("db/cardinality"), edn.MakeKeyword(cardinality),
	}
}

// keyAttribute is the schema of an identity that is no column.
func (t *table) keyAttribute() edn.Value {
	kind, doc := t.keyType(), t.rowDoc()
	switch t.key.how {
	case compositeKey:
		kind, doc = engine.TupleKind, ""
	case pathKey:
		doc = "The key of the row around it, and which of its rows it is"
	}
	pairs := attributePairs(t.key.ident, kind, "db.cardinality/one")
	pairs = append(pairs, edn.MakeKeyword("db/unique"), edn.MakeKeyword("db.unique/identity"))
	if doc != "" {
		pairs = append(pairs, edn.MakeKeyword("db/doc"), edn.MakeString(doc))
	}
	if t.key.how == compositeKey {
		var parts []edn.Value
		for _, c := range t.key.cols {
			parts = append(parts, edn.MakeKeyword(c.ident))
		}
		pairs = append(pairs, edn.MakeKeyword("db/tupleAttrs"), edn.MakeVector(parts...))
	}
	return edn.MakeMap(pairs...)
}
