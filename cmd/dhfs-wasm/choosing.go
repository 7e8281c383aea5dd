//go:build js && wasm

package main

import (
	"fmt"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// choosing says what becomes of conflicts.
type choosing struct {
	Take      string     `json:"take"` // of all that nothing else is said of: "ours", "theirs", or "" to leave them undecided
	Decisions []decision `json:"decisions"`
}

// decision is about one conflict.
type decision struct {
	Conflict  string    `json:"conflict"`
	Entity    engine.ID `json:"entity"`
	Attribute string    `json:"attribute"`
	Take      string    `json:"take"`
	Value     string    `json:"value"` // EDN, where "value" is taken; nil is none
}

// sides are seen from the server, into whose line it is merged.
var sides = map[string]engine.Side{"ours": engine.TakeTheirs, "theirs": engine.TakeOurs}

// check refuses a side that there is not.
func (c choosing) check() error {
	if _, ok := sides[c.Take]; !ok && c.Take != "" {
		return misused("", "take %q: want ours or theirs", c.Take)
	}
	for _, d := range c.Decisions {
		if _, ok := sides[d.Take]; !ok && d.Take != "" && d.Take != "value" {
			return misused("", "take %q: want ours, theirs or value", d.Take)
		}
		if d.Take == "value" && d.Conflict != engine.ConflictValue {
			return misused("take ours or theirs", "a value cannot settle a conflict of kind %s", d.Conflict)
		}
		if d.Take == "value" {
			if _, err := edn.ParseSource(d.Value); err != nil {
				return fmt.Errorf("value: %w", err)
			}
		}
	}
	return nil
}

// key tells conflicts apart.
func (d decision) key() string { return fmt.Sprintf("%s %d %s", d.Conflict, d.Entity, d.Attribute) }

// chooser decides, with values as a schema has them.
func (c choosing) chooser(schema *engine.Schema) (func(engine.Conflict) engine.Choice, error) {
	made := map[string]engine.Choice{}
	for _, d := range c.Decisions {
		choice := engine.Choice{Take: sides[d.Take]}
		if d.Take == "value" {
			var err error
			if choice, err = chosenValue(schema, d); err != nil {
				return nil, err
			}
		}
		made[d.key()] = choice
	}
	return func(of engine.Conflict) engine.Choice {
		if choice, ok := made[decision{Conflict: of.Kind, Entity: of.Entity, Attribute: of.Attr}.key()]; ok {
			return choice
		}
		return engine.Choice{Take: sides[c.Take]}
	}, nil
}

func chosenValue(schema *engine.Schema, d decision) (engine.Choice, error) {
	out := engine.Choice{Take: engine.TakeValues}
	form, err := edn.ParseSource(d.Value)
	if err != nil {
		return out, fmt.Errorf("value: %w", err)
	}
	if form.IsNil() {
		return out, nil
	}
	attr, ok := schema.ByIdent(d.Attribute)
	if !ok {
		return out, misused("take ours or theirs", "there is no attribute :%s at the server", d.Attribute)
	}
	v, err := schema.FromEDN(attr, form)
	out.Values = []engine.Value{v}
	return out, err
}
