//go:build js && wasm

package main

import (
	"context"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

var orders = map[string]engine.Index{"eavt": engine.EAVT, "aevt": engine.AEVT, "avet": engine.AVET}

// datoms lists datoms in the order of an index, from leading components on.
func (a *app) datoms(ctx context.Context, q struct {
	database
	Index      string   `json:"index"`
	Components []string `json:"components"`
	History    bool     `json:"history"`
	Offset     int      `json:"offset"`
	Limit      int      `json:"limit"`
}, _ func(any)) (any, error) {
	order, ok := orders[q.Index]
	if !ok {
		return nil, misused("", "index %q: want eavt, aevt or avet", q.Index)
	}
	db, err := a.db(ctx, q.database)
	if err != nil {
		return nil, err
	}
	if q.History {
		db = db.History()
	}
	p, err := patternOf(ctx, db, q.Index, q.Components)
	if err != nil {
		return nil, err
	}
	out, skip := listed{Datoms: []datom{}}, q.Offset
	for d, err := range db.Datoms(ctx, order, p) {
		if err != nil {
			return nil, err
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(out.Datoms) == orUsual(q.Limit) {
			out.More = true
			break
		}
		one, err := datomOf(ctx, db, d)
		if err != nil {
			return nil, err
		}
		out.Datoms = append(out.Datoms, one)
	}
	return out, nil
}

// patternOf reads the leading components of an index, in the order that its name spells.
func patternOf(ctx context.Context, db engine.DB, index string, components []string) (p engine.Pattern, err error) {
	if len(components) > 3 {
		return p, misused("", "%s has three components that can be given", index)
	}
	var attr *engine.Attribute
	for i, text := range components {
		switch index[i] {
		case 'e':
			id, err := findEntity(ctx, db, text)
			if err != nil {
				return p, err
			}
			p.E = engine.Some(id)
		case 'a':
			if attr, err = findAttribute(db, text); err != nil {
				return p, err
			}
			p.A = engine.Some(attr.ID)
		case 'v':
			v, err := valueOf(ctx, db, attr, text)
			if err != nil {
				return p, err
			}
			p.V = engine.Some(v)
		}
	}
	return p, nil
}

// valueOf reads a value of an attribute; a ref may be written in each way that names an entity.
func valueOf(ctx context.Context, db engine.DB, attr *engine.Attribute, text string) (engine.Value, error) {
	if attr.Type == engine.RefKind {
		id, err := findEntity(ctx, db, text)
		return engine.Ref(id), err
	}
	form, err := edn.ParseSource(text)
	if err != nil {
		return engine.Value{}, err
	}
	return db.Schema().FromEDN(attr, form)
}

// diff lists what must be retracted from one value and added to make it another.
func (a *app) diff(ctx context.Context, q struct {
	Name  string `json:"name"`
	From  string `json:"from"`
	To    string `json:"to"`
	Limit int    `json:"limit"`
}, _ func(any)) (any, error) {
	before, err := a.db(ctx, database{q.Name, q.From})
	if err != nil {
		return nil, err
	}
	after, err := a.db(ctx, database{q.Name, q.To})
	if err != nil {
		return nil, err
	}
	out := struct {
		listed
		Counts map[string]*changes `json:"counts"` // by attribute, of those beyond the limit too
	}{listed{Datoms: []datom{}}, map[string]*changes{}}
	for d, err := range engine.Diff(ctx, before, after) {
		if err != nil {
			return nil, err
		}
		if _, isTx := engine.TxOf(d.E); isTx {
			continue
		}
		db := before
		if d.Added {
			db = after
		}
		count(out.Counts, identOf(db, d.A), d.Added)
		if len(out.Datoms) == orUsual(q.Limit) {
			out.More = true
			continue
		}
		one, err := datomOf(ctx, db, d)
		if err != nil {
			return nil, err
		}
		out.Datoms = append(out.Datoms, one)
	}
	return out, nil
}

// changes counts datoms.
type changes struct {
	Added     int `json:"added"`
	Retracted int `json:"retracted"`
}

func count(all map[string]*changes, ident string, added bool) {
	if all[ident] == nil {
		all[ident] = &changes{}
	}
	if added {
		all[ident].Added++
	} else {
		all[ident].Retracted++
	}
}
