//go:build js && wasm

package main

import (
	"context"
	"encoding/json"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// named is an entity as people know it.
type named struct {
	ID   engine.ID `json:"id"`
	Kind string    `json:"kind"`
	Name string    `json:"name"`
}

func nameOf(ctx context.Context, db engine.DB, id engine.ID) (named, error) {
	home, _, err := db.HomeOf(ctx, id)
	return named{id, home.Kind, home.Name}, err
}

// shown is a value with what JSON cannot tell of it.
type shown struct {
	Value  json.RawMessage `json:"value"`
	Type   string          `json:"type"`
	Entity *named          `json:"entity,omitempty"` // that a ref points at
}

// show reads a value that lives out of line, and names what a ref points at.
func show(ctx context.Context, db engine.DB, v engine.Value) (shown, error) {
	v, err := db.Resolve(ctx, v)
	if err != nil {
		return shown{}, err
	}
	s := shown{Value: edn.AppendJSON(nil, engine.ToEDN(v)), Type: v.Kind().String()}
	if v.Kind() == engine.RefKind {
		target, err := nameOf(ctx, db, v.Ref())
		if err != nil {
			return shown{}, err
		}
		s.Entity = &target
	}
	return s, nil
}

// datom is one fact.
type datom struct {
	E     engine.ID `json:"e"`
	A     string    `json:"a"`
	V     shown     `json:"v"`
	T     uint64    `json:"t"`
	Added bool      `json:"added"`
}

func datomOf(ctx context.Context, db engine.DB, d engine.Datom) (datom, error) {
	v, err := show(ctx, db, d.V)
	return datom{d.E, identOf(db, d.A), v, d.T, d.Added}, err
}

// listed is a part of a list of datoms.
type listed struct {
	Datoms []datom `json:"datoms"`
	More   bool    `json:"more"` // there are others
}

// usual is how many are listed where nobody says it.
const usual = 1000

func orUsual(limit int) int {
	if limit <= 0 {
		return usual
	}
	return limit
}
