//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/engine"
)

// option is one thing that can be done about a conflict.
type option struct {
	Take string `json:"take"` // "ours", "theirs", or "value": another value, which the decision gives
	Does string `json:"does"`
}

// teller names what a conflict is about: as the server has it, or, where it has it no more, as this browser does.
type teller struct{ server, here engine.DB }

func (t teller) name(ctx context.Context, id engine.ID) (named, error) {
	n, err := nameOf(ctx, t.server, id)
	if err != nil || n.Kind != "_" {
		return n, err
	}
	return nameOf(ctx, t.here, id)
}

// called is what people call an entity.
func (t teller) called(ctx context.Context, id engine.ID) (string, error) {
	for _, db := range []engine.DB{t.server, t.here} {
		ident, ok, err := identOfEntity(ctx, db, id)
		if err != nil || ok {
			return ident, err
		}
	}
	n, err := t.name(ctx, id)
	if n.Kind == "" || n.Kind == "_" {
		return fmt.Sprintf("#%d", n.ID), err
	}
	return n.Kind + "/" + n.Name, err
}

// say tells people of a conflict, and of what can be done about it. The merge's theirs is this browser.
func (t teller) say(ctx context.Context, c *conflict, of engine.Conflict) error {
	var failed error
	keep := func(text string, err error) string { failed = errors.Join(failed, err); return text }
	words := func(values []engine.Value) string { return keep(t.words(ctx, values)) }
	entity := keep(t.called(ctx, of.Entity))
	base, here, there := words(of.Base), words(of.Theirs), words(of.Ours)
	by, theirs := who(c.OursBy), who(c.TheirsBy)
	switch c.Conflict {
	case engine.ConflictUnique:
		holder := keep(t.called(ctx, of.Holder))
		c.Says = fmt.Sprintf("Only one can have the :%s %s: %s, who got it here%s, or %s, who has it at the server%s.", c.Attribute, here, entity, by, holder, theirs)
		c.Choices = []option{{"ours", fmt.Sprintf("%s has it, and %s loses it", entity, holder)}, {"theirs", fmt.Sprintf("%s keeps it, and %s is without", holder, entity)}}
	case engine.ConflictRetracted:
		if len(of.Theirs) > 0 {
			c.Says = fmt.Sprintf("%s was removed at the server%s; here%s it was given, or named as, %s.", entity, theirs, by, here)
			c.Choices = []option{{"ours", "it is there again, with what was said here"}, {"theirs", "it stays removed, and what was said of it here goes"}}
			break
		}
		c.Says = fmt.Sprintf("%s was removed here%s; at the server%s it was given, or named as, %s.", entity, by, theirs, there)
		c.Choices = []option{{"ours", "it is removed"}, {"theirs", "it stays, as the server has it"}}
	default:
		c.Says = fmt.Sprintf("The :%s of %s was %s. It became %s here%s, and %s at the server%s.", c.Attribute, entity, base, here, by, there, theirs)
		c.Choices = []option{{"ours", "it is " + here}, {"theirs", "it is " + there}, {"value", "it is something else"}}
	}
	return failed
}

func who(c commit) string {
	if c.By == "" {
		return ""
	}
	return " (" + c.By + ")"
}

// words are values as people read them; refs by what they point at.
func (t teller) words(ctx context.Context, values []engine.Value) (string, error) {
	if len(values) == 0 {
		return "nothing", nil
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = engine.ToEDN(v).String()
		if v.Kind() == engine.RefKind {
			var err error
			if all[i], err = t.called(ctx, v.Ref()); err != nil {
				return "", err
			}
		}
	}
	return strings.Join(all, " and "), nil
}

// identOfEntity is the ident, with its colon, that an entity has: attributes have one, and what a schema is written with.
func identOfEntity(ctx context.Context, db engine.DB, id engine.ID) (string, bool, error) {
	attr, ok := db.Schema().ByIdent("db/ident")
	if !ok {
		return "", false, nil
	}
	for d, err := range db.Match(ctx, engine.Pattern{E: engine.Some(id), A: engine.Some(attr.ID)}) {
		if err != nil {
			return "", false, err
		}
		return engine.Text(d.V), true, nil
	}
	return "", false, nil
}
