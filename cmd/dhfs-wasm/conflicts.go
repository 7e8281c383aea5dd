//go:build js && wasm

package main

import (
	"context"

	"github.com/dhfs/dhfs/engine"
)

// conflict is something that this browser and the server have both done, of which only one can hold.
type conflict struct {
	Conflict  string  `json:"conflict"` // why: "value", "retracted", "unique"
	Entity    named   `json:"entity"`
	Attribute string  `json:"attribute"` // "" where the entity as a whole is at issue
	Base      []shown `json:"base"`
	Ours      []shown `json:"ours"` // of this browser
	Theirs    []shown `json:"theirs"`
	OursBy    commit  `json:"oursBy"`
	TheirsBy  commit  `json:"theirsBy"`
}

// conflictsOf tells of conflicts of a merge into what the server has: the merge's theirs is this browser.
func conflictsOf(ctx context.Context, server engine.DB, all []engine.Conflict) ([]conflict, error) {
	out := []conflict{}
	for _, c := range all {
		one := conflict{Conflict: c.Kind, Attribute: c.Attr, OursBy: commitOf(c.TheirsBy), TheirsBy: commitOf(c.OursBy)}
		var err error
		if one.Entity, err = nameOf(ctx, server, c.Entity); err != nil {
			return nil, err
		}
		for _, side := range []struct {
			to     *[]shown
			values []engine.Value
		}{{&one.Base, c.Base}, {&one.Ours, c.Theirs}, {&one.Theirs, c.Ours}} {
			*side.to = []shown{}
			for _, v := range side.values {
				s, err := show(ctx, server, v)
				if err != nil {
					return nil, err
				}
				*side.to = append(*side.to, s)
			}
		}
		out = append(out, one)
	}
	return out, nil
}

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
}

func (c choosing) choose(of engine.Conflict) engine.Choice {
	take := c.Take
	for _, d := range c.Decisions {
		if d.Conflict == of.Kind && d.Entity == of.Entity && d.Attribute == of.Attr {
			take = d.Take
		}
	}
	return engine.Choice{Take: sides[take]}
}

// sides are seen from the server, into whose line it is merged.
var sides = map[string]engine.Side{"ours": engine.TakeTheirs, "theirs": engine.TakeOurs}

// check refuses a side that there is not.
func (c choosing) check() error {
	for _, d := range append([]decision{{Take: c.Take}}, c.Decisions...) {
		if _, ok := sides[d.Take]; !ok && d.Take != "" {
			return misused("", "take %q: want ours or theirs", d.Take)
		}
	}
	return nil
}
