package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// Entid finds the entity with value v of the unique attribute a, as the view shows it now.
func (db DB) Entid(ctx context.Context, a ID, v Value) (ID, bool, error) {
	db.history = false
	for d, err := range db.Match(ctx, Pattern{A: Some(a), V: Some(v)}) {
		return d.E, err == nil, err
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
	if t == 0 {
		first, err := Ancestor(ctx, db.s.env, db.s.commit.ID, func(c Commit) bool { return c.T == 0 })
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
