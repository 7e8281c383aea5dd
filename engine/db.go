package engine

import (
	"context"
	"time"

	"github.com/ipfs/go-cid"
)

// DB is an immutable database value: small, comparable, safe to use from many goroutines.
type DB struct {
	s       *state
	after   uint64 // only datoms of transactions after this one are shown
	history bool   // what was retracted is shown too
}

// Commit is the commit the value was opened from; cid.Undef for one made by With.
func (db DB) Commit() cid.Cid {
	if db.s.before != nil {
		return cid.Undef
	}
	return db.s.commit.ID
}

// Root is the CID of the canonical snapshot: equal for equal sets of datoms.
func (db DB) Root() cid.Cid { return db.s.root() }

// T is the basis: the newest transaction in the value.
func (db DB) T() uint64 { return db.s.t }

// At is the time of that transaction.
func (db DB) At() time.Time { return db.s.at }

// Schema is the schema as of T.
func (db DB) Schema() *Schema { return db.s.schema }

// AsOf is the database as it was right after transaction t; a t after the
// newest transaction gives the database itself.
func (db DB) AsOf(ctx context.Context, t uint64) (DB, error) {
	return db.ancestor(ctx, func(s *state) bool { return s.t <= t }, func(c Commit) bool { return c.T <= t })
}

// AsOfTime is the database as it was at the time at, empty before its creation.
func (db DB) AsOfTime(ctx context.Context, at time.Time) (DB, error) {
	return db.ancestor(ctx,
		func(s *state) bool { return !s.at.After(at) },
		func(c Commit) bool { return c.T == 0 || !c.At.After(at) })
}

// ancestor is the newest value in db's past that is kept, under the same view.
func (db DB) ancestor(ctx context.Context, keep func(*state) bool, keepCommit func(Commit) bool) (DB, error) {
	s := db.s
	for !keep(s) && s.before != nil {
		s = s.before
	}
	if !keep(s) {
		c, err := Ancestor(ctx, s.env, s.commit.ID, keepCommit)
		if err != nil {
			return DB{}, err
		}
		if c.ID != s.commit.ID {
			if s, err = viewCommit(ctx, s.env, c); err != nil {
				return DB{}, err
			}
		}
	}
	db.s = s
	return db, nil
}

// Since shows only what was added (and, with History, retracted) after t.
func (db DB) Since(t uint64) DB {
	db.after = max(db.after, t)
	return db
}

// History shows every assertion and retraction up to the value's t. Values of attributes
// without history are only there as long as they are current.
func (db DB) History() DB {
	db.history = true
	return db
}

// Pattern selects datoms; what is not Set matches anything.
type Pattern struct {
	E     Opt[ID]
	A     Opt[ID]
	V     Opt[Value]
	T     Opt[uint64]
	Added Opt[bool]
}

// Index names a sort order.
type Index uint8

const (
	EAVT Index = iota
	AEVT
	AVET
)

// Columns is a batch of datoms, a column each: E, V and T have the same length; A is
// nil where the scan is of one attribute; Added is nil where all were added.
// They are shared with the node cache: read only.
type Columns struct {
	E     []ID
	A     []ID
	V     []Value
	T     []uint64
	Added []bool
}

// IsHistory tells whether what was retracted is shown too.
func (db DB) IsHistory() bool { return db.history }
