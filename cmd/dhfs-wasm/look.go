//go:build js && wasm

package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// labels lists branches or tags.
func (a *app) labels(ctx context.Context, q struct {
	Name string `json:"name"`
	Tags bool   `json:"tags"`
}, _ func(any)) (any, error) {
	o, err := a.open(ctx, q.Name)
	if err != nil {
		return nil, err
	}
	label := engine.Branch
	if q.Tags {
		label = engine.Tag
	}
	refs, err := label.List(ctx, o.store)
	if err != nil {
		return nil, err
	}
	clean, err := cleanOf(ctx, o.store)
	if err != nil {
		return nil, err
	}
	type labelled struct {
		Name string `json:"name"`
		commit
		Unsent int `json:"unsent"` // commits that were made here, and are not known to be at the server
	}
	all := []labelled{}
	for _, r := range refs {
		if own(r.Name) {
			continue
		}
		c, err := engine.ReadCommit(ctx, o.store, r.CID)
		if err != nil {
			return nil, err
		}
		one := labelled{Name: strings.TrimPrefix(r.Name, string(label)), commit: commitOf(c)}
		if !q.Tags && clean[one.Name] != c.ID {
			_, _, commits, err := waiting(ctx, o.store, one.Name)
			if err != nil && !errors.Is(err, cas.ErrNotFound) {
				return nil, err
			}
			one.Unsent = len(commits)
		}
		all = append(all, one)
	}
	return all, nil
}

// kind is how many entities of a kind there are.
type kind struct {
	Kind  string `json:"kind"`
	Count uint64 `json:"count"`
}

// stat tells what is in a value.
func (a *app) stat(ctx context.Context, d database, _ func(any)) (any, error) {
	db, err := a.db(ctx, d)
	if err != nil {
		return nil, err
	}
	out := struct {
		Commit  string    `json:"commit"`
		Root    string    `json:"root"`
		T       uint64    `json:"t"`
		At      time.Time `json:"at"`
		Datoms  uint64    `json:"datoms"`
		History uint64    `json:"history"`
		Kinds   []kind    `json:"kinds"`
	}{Commit: db.Commit().String(), Root: db.Root().String(), T: db.T(), At: db.At(), Kinds: []kind{}}
	if out.Datoms, _, err = db.Count(ctx, engine.Pattern{}); err != nil {
		return nil, err
	}
	if out.History, _, err = db.History().Count(ctx, engine.Pattern{}); err != nil {
		return nil, err
	}
	kinds, err := db.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		out.Kinds = append(out.Kinds, kind{k.Kind, k.Count})
	}
	return out, nil
}

// attribute is one of a schema.
type attribute struct {
	ID          engine.ID `json:"id"`
	Ident       string    `json:"ident"`
	Type        string    `json:"type"` // "" for any
	Cardinality string    `json:"cardinality"`
	Unique      string    `json:"unique"`
	Component   bool      `json:"component"`
	Index       bool      `json:"index"`
	NoHistory   bool      `json:"noHistory"`
	Doc         string    `json:"doc"`
	Count       uint64    `json:"count"`
	System      bool      `json:"system"`
}

var uniques = map[engine.Unique]string{engine.UniqueIdentity: "identity", engine.UniqueValue: "value"}

func attributeOf(x *engine.Attribute) attribute {
	out := attribute{ID: x.ID, Ident: x.Ident, Cardinality: "one", Unique: uniques[x.Unique], Component: x.Component, Index: x.Index, NoHistory: x.NoHistory, Doc: x.Doc}
	if x.Many {
		out.Cardinality = "many"
	}
	if x.Type != engine.NilKind {
		out.Type = x.Type.String()
	}
	return out
}

// schema lists the attributes with how many datoms they have; those that every database has only where they are wanted.
func (a *app) schema(ctx context.Context, q struct {
	database
	System bool `json:"system"`
}, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	all := []attribute{}
	for x := range db.Schema().Attributes() {
		one := attributeOf(x)
		if one.Count, _, err = db.Count(ctx, engine.Pattern{A: engine.Some(x.ID)}); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if q.System {
		for x := range db.Schema().System() {
			one := attributeOf(x)
			one.System = true
			all = append(all, one)
		}
	}
	return all, nil
}

// listing is a question for some entities of a kind: those whose names begin with a prefix, in the order of names.
type listing struct {
	database
	Kind   string `json:"kind"`
	Prefix string `json:"prefix"`
	Offset uint64 `json:"offset"`
	Limit  int    `json:"limit"`
}

// each calls f with the entities that are asked for. count is how many have the prefix.
func (q listing) each(ctx context.Context, db engine.DB, f func(engine.Name) error) (count uint64, err error) {
	from, end, err := db.NameRank(ctx, q.Kind, q.Prefix)
	if err != nil {
		return 0, err
	}
	count = end - from
	left := min(uint64(orUsual(q.Limit)), count-min(q.Offset, count))
	if left == 0 {
		return count, nil
	}
	for n, err := range db.NamesAt(ctx, q.Kind, from+q.Offset) {
		if err == nil {
			err = f(n)
		}
		if err != nil {
			return count, err
		}
		if left--; left == 0 {
			break
		}
	}
	return count, nil
}

// entities lists entities of a kind by name.
func (a *app) entities(ctx context.Context, q listing, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	out := struct {
		Count    uint64  `json:"count"` // of all with the prefix
		Entities []named `json:"entities"`
	}{Entities: []named{}}
	out.Count, err = q.each(ctx, db, func(n engine.Name) error {
		out.Entities = append(out.Entities, named{n.ID, n.Home.Kind, n.Home.Name})
		return nil
	})
	return out, err
}
