//go:build js && wasm

package main

import (
	"context"

	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
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
	// Holder is who has a unique value at the server.
	Holder  *named   `json:"holder,omitempty"`
	Says    string   `json:"says"`
	Choices []option `json:"choices"`
}

// conflictsOf tells of conflicts of a merge of ours into what the server has, where conn is: the merge's theirs is this browser.
func conflictsOf(ctx context.Context, conn *engine.Conn, ours cid.Cid, all []engine.Conflict) ([]conflict, error) {
	server, err := conn.DB(ctx)
	if err != nil {
		return nil, err
	}
	here, err := conn.Open(ctx, ours)
	if err != nil {
		return nil, err
	}
	t := teller{server, here}
	out := []conflict{}
	for _, c := range all {
		one := conflict{Conflict: c.Kind, Attribute: c.Attr, OursBy: commitOf(c.TheirsBy), TheirsBy: commitOf(c.OursBy)}
		if one.Entity, err = t.name(ctx, c.Entity); err != nil {
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
		if c.Kind == engine.ConflictUnique {
			holder, err := t.name(ctx, c.Holder)
			if err != nil {
				return nil, err
			}
			one.Holder = &holder
		}
		if err := t.say(ctx, &one, c); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
