//go:build js && wasm

package main

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/dhfs/dhfs/engine"
)

// A table shows at most so many values of an attribute, and so many bytes of a text.
const (
	maxTableValues = 5
	maxTableText   = 200
)

// table lists entities of a kind with what they say, for people: long texts and long lists of values are cut short.
func (a *app) table(ctx context.Context, q listing, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	out := struct {
		Count    uint64     `json:"count"` // of all with the prefix
		Entities []tableRow `json:"entities"`
	}{Entities: []tableRow{}}
	out.Count, err = q.each(ctx, db, func(n engine.Name) error {
		row, err := rowOf(ctx, db, n)
		out.Entities = append(out.Entities, row)
		return err
	})
	return out, err
}

// tableRow is an entity with the beginning of what it says, by attribute.
type tableRow struct {
	named
	Facts map[string][]shown `json:"facts"`
}

func rowOf(ctx context.Context, db engine.DB, n engine.Name) (tableRow, error) {
	row := tableRow{named{n.ID, n.Home.Kind, n.Home.Name}, map[string][]shown{}}
	for d, err := range db.Match(ctx, engine.Pattern{E: engine.Some(n.ID)}) {
		if err != nil {
			return row, err
		}
		ident := identOf(db, d.A)
		if len(row.Facts[ident]) == maxTableValues {
			continue
		}
		if d.V.Kind() == engine.StringKind {
			d.V = engine.String(beginning(d.V.Text()))
		}
		s, err := show(ctx, db, d.V)
		if err != nil {
			return row, err
		}
		row.Facts[ident] = append(row.Facts[ident], s)
	}
	return row, nil
}

// beginning is the text as far as a table shows it.
func beginning(text string) string {
	if len(text) <= maxTableText {
		return text
	}
	end := maxTableText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.TrimRight(text[:end], " ") + "…"
}

// called tells what entities are called.
func (a *app) called(ctx context.Context, q struct {
	database
	IDs []engine.ID `json:"ids"`
}, _ func(any)) (any, error) {
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	out := make([]named, len(q.IDs))
	for i, id := range q.IDs {
		if out[i], err = nameOf(ctx, db, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}
