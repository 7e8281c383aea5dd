package datahike

import (
	"context"
	"fmt"

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
