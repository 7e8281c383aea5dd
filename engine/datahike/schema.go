package datahike

import (
	"context"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/fressian"
)

// Schema is what a commit says of its attributes.
type Schema struct {
	Schema  fressian.Map // by ident and by number
	RSchema fressian.Map // idents by what they have
	Idents  fressian.Map // with :attribute-refs?, the numbers of all idents

	attrs  map[string]fressian.Map // what is said of an ident
	idents map[int64]string        // attributes by their entity
}

// Schema reads the schema of the commit.
func (c *Commit) Schema(ctx context.Context) (*Schema, error) {
	if known, ok := c.store.schemas.Get(c.schema); ok {
		return known, nil
	}
	v, err := c.store.get(ctx, toKey(c.schema))
	if err != nil {
		return nil, err
	}
	m, _ := v.(fressian.Map)
	s := &Schema{attrs: map[string]fressian.Map{}, idents: map[int64]string{}}
	var ok bool
	if s.Schema, ok = m.Get("schema").(fressian.Map); !ok {
		return nil, c.store.damagedNode(c.schema, fmt.Errorf("no schema where one should be"))
	}
	s.RSchema, _ = m.Get("rschema").(fressian.Map)
	s.Idents, _ = m.Get("ident-ref-map").(fressian.Map)
	s.index()
	c.store.schemas.Add(c.schema, s)
	return s, nil
}

func (s *Schema) index() {
	each := func(m fressian.Map, f func(k, v any)) {
		for i := 0; i+1 < len(m); i += 2 {
			f(m[i], m[i+1])
		}
	}
	each(s.Schema, func(k, v any) {
		switch k := k.(type) {
		case fressian.Keyword:
			if said, ok := v.(fressian.Map); ok {
				s.attrs[string(k)] = said
			}
		case int64:
			if ident, ok := v.(fressian.Keyword); ok {
				s.idents[k] = string(ident)
			}
		}
	})
	each(s.Idents, func(k, v any) {
		ident, ok := k.(fressian.Keyword)
		if n, isNumber := v.(int64); ok && isNumber {
			s.idents[n] = string(ident)
		}
	})
}

// ident is the name of an attribute as a datom has it.
func (s *Schema) ident(a any) (string, error) {
	switch a := a.(type) {
	case fressian.Keyword:
		return string(a), nil
	case int64:
		if ident, ok := s.idents[a]; ok {
			return ident, nil
		}
	}
	return "", fmt.Errorf("attribute %v is not in the schema", a)
}

// valueType is the type of an attribute's values without db.type/, "" where the schema says none.
func (s *Schema) valueType(ident string) string {
	k, _ := s.attrs[ident].Get("db/valueType").(fressian.Keyword)
	_, name := splitName(string(k))
	return name
}

// composite tells whether the database makes the values of an attribute of others.
func (s *Schema) composite(ident string) bool { return s.attrs[ident].Get("db/tupleAttrs") != nil }

// indexed are the idents of the attributes that AVET has.
func (s *Schema) indexed() map[string]bool {
	set, _ := s.RSchema.Get("db/index").(fressian.Set)
	all := map[string]bool{}
	for _, x := range set {
		if k, ok := x.(fressian.Keyword); ok {
			all[string(k)] = true
		}
	}
	return all
}

// isSystem tells of attributes that every database has.
func isSystem(ident string) bool {
	space, _ := splitName(ident)
	return space == "db" || strings.HasPrefix(space, "db.") || strings.HasPrefix(space, "dh.")
}

// attribute is what the schema says of an attribute, whose id ids tells. A type that dhfs does not have is any type; ok is false
// for tuples of such.
func (s *Schema) attribute(ident string, ids map[string]engine.ID) (a *engine.Attribute, ok bool) {
	said := s.attrs[ident]
	yes := func(name fressian.Keyword) bool { v, _ := said.Get(name).(bool); return v }
	keyword := func(name fressian.Keyword) string { k, _ := said.Get(name).(fressian.Keyword); return string(k) }
	a = &engine.Attribute{
		ID: ids[ident], Ident: ident, Many: keyword("db/cardinality") == "db.cardinality/many",
		Component: yes("db/isComponent"), NoHistory: yes("db/noHistory"), Index: yes("db/index"),
	}
	a.Doc, _ = said.Get("db/doc").(string)
	switch keyword("db/unique") {
	case "db.unique/identity":
		a.Unique = engine.UniqueIdentity
	case "db.unique/value":
		a.Unique = engine.UniqueValue
	}
	a.Type, _ = kindOf(keyword("db/valueType"))
	if t := keyword("db/tupleType"); t != "" {
		if a.TupleType, ok = kindOf(t); !ok {
			return nil, false
		}
	}
	types, _ := said.Get("db/tupleTypes").(fressian.List)
	for _, t := range types {
		k, _ := t.(fressian.Keyword)
		kind, ok := kindOf(string(k))
		if !ok {
			return nil, false
		}
		a.TupleTypes = append(a.TupleTypes, kind)
	}
	parts, _ := said.Get("db/tupleAttrs").(fressian.List)
	for _, p := range parts {
		k, _ := p.(fressian.Keyword)
		id, ok := ids[string(k)]
		if !ok {
			return nil, false
		}
		a.TupleAttrs = append(a.TupleAttrs, id)
	}
	return a, true
}
