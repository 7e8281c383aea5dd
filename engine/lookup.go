package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// Entid finds the entity with value v of the unique attribute a, as the view shows it now.
func (db DB) Entid(ctx context.Context, a ID, v Value) (ID, bool, error) {
	if db.s.foreign != nil {
		return db.entidForeign(ctx, a, v)
	}
	t, ok := db.s.trees.attr(a)
	if !ok {
		return 0, false, nil
	}
	for run, err := range t.avet.now.Scan(ctx, valuePrefix(v), valueEnd(v)) {
		if err != nil {
			return 0, false, fmt.Errorf("look up an entity by attribute %d: %w", a, err)
		}
		leaf := run.Leaf.(*datomLeaf)
		for i := run.Lo; i < run.Hi; i++ {
			if leaf.T[i] > db.after {
				return leaf.E[i], true, nil
			}
		}
	}
	return 0, false, nil
}

// Ident finds the entity that has the given :db/ident (without colon): attributes and enumerations.
func (db DB) Ident(ctx context.Context, ident string) (ID, bool, error) {
	if id, ok := db.s.schema.entity(ident); ok {
		return id, true, nil
	}
	return db.Entid(ctx, attrIdent, Keyword(ident))
}

// Resolve reads the value behind one that lives out of line; others are returned as they are.
func (db DB) Resolve(ctx context.Context, v Value) (Value, error) {
	return resolve(ctx, db.s.env, v)
}

// Instant is the time of transaction t; of t 0, which has no datoms, that of the first commit.
func (db DB) Instant(ctx context.Context, t uint64) (time.Time, error) {
	if t == 0 && db.s.foreign != nil {
		return db.s.at, nil
	}
	if t == 0 {
		first, err := ancestorAt(ctx, db.s.env, db.s.commit, 0)
		return first.At, err
	}
	ms, ok, err := db.s.instant(ctx, t)
	if err != nil {
		return time.Time{}, err
	}
	if !ok {
		return time.Time{}, fmt.Errorf("transaction %d has no time: %w; the newest is %d", t, cas.ErrNotFound, db.s.t)
	}
	return time.UnixMilli(ms).UTC(), nil
}
