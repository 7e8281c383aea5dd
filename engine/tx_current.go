package engine

import (
	"context"
	"fmt"
	"slices"
)

// current reads what there was before the transaction, at rising entities and attributes.
type current struct {
	db   DB
	fast entityCursor
}

func newCurrent(db DB) *current {
	return &current{db: db, fast: entityCursor{cursor: cursor{tree: db.s.trees.eavt.now}}}
}

// values are those of the group's attribute and entity that the transaction may touch, in order.
func (c *current) values(ctx context.Context, g *group) ([]Value, error) {
	vals, ok, err := c.fast.values(ctx, g.e, g.a.ID)
	if err != nil {
		return nil, fmt.Errorf("read :%s of entity %d: %w", g.a.Ident, g.e, err)
	}
	switch {
	case ok:
		return vals, nil
	case g.a.Many && !g.wiped && len(g.acts) < 16:
		return c.present(ctx, g)
	}
	return valuesOf(ctx, c.db, g.e, g.a.ID)
}

// present are the values among those of acts that are there.
func (c *current) present(ctx context.Context, g *group) (vals []Value, err error) {
	for i := range g.acts {
		v := g.acts[i].v
		if i > 0 && v == g.acts[i-1].v {
			continue
		}
		for d, err := range c.db.Match(ctx, Pattern{E: Some(g.e), A: Some(g.a.ID), V: Some(v)}) {
			if err != nil {
				return nil, fmt.Errorf("read :%s of entity %d: %w", g.a.Ident, g.e, err)
			}
			vals = append(vals, d.V)
		}
	}
	return vals, nil
}

// valuesOf are all values of an attribute of an entity, in order.
func valuesOf(ctx context.Context, db DB, e, a ID) (vals []Value, err error) {
	for d, err := range db.Match(ctx, Pattern{E: Some(e), A: Some(a)}) {
		if err != nil {
			return nil, fmt.Errorf("read attribute %d of entity %d: %w", a, e, err)
		}
		vals = append(vals, d.V)
	}
	slices.SortFunc(vals, Compare)
	return vals, nil
}

// after are the values once the transaction is done, in order.
func (x *tx) after(ctx context.Context, e, a ID) ([]Value, error) {
	vals, err := x.before(ctx, e, a)
	if err != nil {
		return nil, err
	}
	for _, d := range x.changes(e, a) {
		i, ok := slices.BinarySearchFunc(vals, d.V, Compare)
		switch {
		case d.Added && !ok:
			vals = slices.Insert(vals, i, d.V)
		case !d.Added && ok:
			vals = slices.Delete(vals, i, i+1)
		}
	}
	return vals, nil
}

// changes are the net datoms of an attribute of an entity.
func (x *tx) changes(e, a ID) []Datom {
	i, _ := slices.BinarySearchFunc(x.out, Datom{E: e, A: a}, func(d, want Datom) int {
		return compareDatoms(&d, &want)
	})
	j := i
	for j < len(x.out) && x.out[j].E == e && x.out[j].A == a {
		j++
	}
	return x.out[i:j]
}

// before are the values before the transaction, in order.
func (x *tx) before(ctx context.Context, e, a ID) ([]Value, error) {
	if x.isNew(e) {
		return nil, nil
	}
	return valuesOf(ctx, x.db, e, a)
}
