//go:build js && wasm

package main

import (
	"context"
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// fact is one attribute of an entity.
type fact struct {
	Attribute string  `json:"attribute"`
	Type      string  `json:"type"`
	Many      bool    `json:"many"`
	Count     uint64  `json:"count"` // of all values
	Values    []shown `json:"values"`
}

// pointing is an attribute by which others point at an entity.
type pointing struct {
	Attribute string  `json:"attribute"`
	Count     uint64  `json:"count"` // of all that do
	Entities  []named `json:"entities"`
}

// asked is a question about one entity.
type asked struct {
	database
	Entity string `json:"entity"`
	Limit  int    `json:"limit"` // of each list
}

// entity tells all that is known of an entity, and what points at it.
func (a *app) entity(ctx context.Context, q asked, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	id, err := findEntity(ctx, db, q.Entity)
	if err != nil {
		return nil, err
	}
	out := struct {
		named
		Attributes []fact     `json:"attributes"`
		Back       []pointing `json:"back"`
	}{}
	if out.named, err = nameOf(ctx, db, id); err != nil {
		return nil, err
	}
	if out.Attributes, err = factsOf(ctx, db, id, orUsual(q.Limit)); err != nil {
		return nil, err
	}
	out.Back, err = pointingAt(ctx, db, id, orUsual(q.Limit))
	return out, err
}

func factsOf(ctx context.Context, db engine.DB, id engine.ID, limit int) ([]fact, error) {
	all, last := []fact{}, engine.ID(0)
	for d, err := range db.Match(ctx, engine.Pattern{E: engine.Some(id)}) {
		if err != nil {
			return nil, err
		}
		if len(all) == 0 || d.A != last {
			all, last = append(all, fact{Attribute: identOf(db, d.A), Type: d.V.Kind().String(), Values: []shown{}}), d.A
			if attr, ok := db.Schema().ByID(d.A); ok {
				all[len(all)-1].Many = attr.Many
			}
		}
		f := &all[len(all)-1]
		if f.Count++; len(f.Values) == limit {
			continue
		}
		v, err := show(ctx, db, d.V)
		if err != nil {
			return nil, err
		}
		f.Values = append(f.Values, v)
	}
	return all, nil
}

func pointingAt(ctx context.Context, db engine.DB, id engine.ID, limit int) ([]pointing, error) {
	all := []pointing{}
	for attr := range db.Schema().Attributes() {
		if attr.Type != engine.RefKind {
			continue
		}
		p := engine.Pattern{A: engine.Some(attr.ID), V: engine.Some(engine.Ref(id))}
		n, _, err := db.Count(ctx, p)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		one := pointing{attr.Ident, n, []named{}}
		for d, err := range db.Match(ctx, p) {
			if err != nil {
				return nil, err
			}
			if len(one.Entities) == limit {
				break
			}
			who, err := nameOf(ctx, db, d.E)
			if err != nil {
				return nil, err
			}
			one.Entities = append(one.Entities, who)
		}
		all = append(all, one)
	}
	return all, nil
}

// change is one of an entity's history.
type change struct {
	T         uint64    `json:"t"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
	Message   string    `json:"message"`
	Commit    string    `json:"commit,omitempty"` // unless it was dropped
	Attribute string    `json:"attribute"`
	Value     shown     `json:"value"`
	Added     bool      `json:"added"`
}

// history lists the changes of an entity, newest first.
func (a *app) history(ctx context.Context, q asked, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	id, err := findEntity(ctx, db, q.Entity)
	if err != nil {
		return nil, err
	}
	all, err := engine.EntityLog(ctx, db, id)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	out := struct {
		Count   int      `json:"count"` // of all
		Changes []change `json:"changes"`
	}{len(all), []change{}}
	for _, d := range all[:min(len(all), orUsual(q.Limit))] {
		c, err := db.CommitOf(ctx, d.T)
		if err != nil {
			return nil, err
		}
		one := change{T: d.T, At: c.At, By: c.By, Message: c.Msg, Attribute: identOf(db, d.A), Added: d.Added}
		if c.ID.Defined() {
			one.Commit = c.ID.String()
		}
		if one.Value, err = show(ctx, db, d.V); err != nil {
			return nil, err
		}
		out.Changes = append(out.Changes, one)
	}
	return out, nil
}
