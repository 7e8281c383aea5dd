package engine

import (
	"context"
	"iter"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// DB is an immutable database value: small, comparable, safe to use from many goroutines.
type DB struct{ s *state }

type state struct{}

// Open opens a commit. g must hold everything that the commit reaches.
func Open(ctx context.Context, g cas.Getter, commit cid.Cid) (DB, error) { panic("spec") }

// Commit is the commit the value was opened from; cid.Undef for one made by With.
func (db DB) Commit() cid.Cid { panic("spec") }

// Root is the CID of the canonical snapshot: equal for equal sets of datoms.
func (db DB) Root() cid.Cid { panic("spec") }

// T is the basis: the newest transaction in the value.
func (db DB) T() uint64 { panic("spec") }

// At is the time of that transaction.
func (db DB) At() time.Time { panic("spec") }

func (db DB) Schema() *Schema { panic("spec") }

// AsOf is the database as it was right after transaction t.
func (db DB) AsOf(ctx context.Context, t uint64) (DB, error) { panic("spec") }

// AsOfTime is the database as it was at the time at.
func (db DB) AsOfTime(ctx context.Context, at time.Time) (DB, error) { panic("spec") }

// Since shows only what was added after t.
func (db DB) Since(t uint64) DB { panic("spec") }

// History shows every assertion and retraction up to the value's t.
func (db DB) History() DB { panic("spec") }

// Pattern selects datoms; what is not Set matches anything.
type Pattern struct {
	E     Opt[ID]
	A     Opt[ID]
	V     Opt[Value]
	T     Opt[uint64]
	Added Opt[bool]
}

// Match yields the datoms that fit p, using the best index for it. Values that live out of line are
// fetched. Without an attribute, what belongs to transactions and to the
// schema itself is yielded too.
func (db DB) Match(ctx context.Context, p Pattern) iter.Seq2[Datom, error] { panic("spec") }

// Count is how many datoms Match would yield. exact is false where that would need a scan, and n is then an upper bound.
func (db DB) Count(ctx context.Context, p Pattern) (n uint64, exact bool, err error) { panic("spec") }

// Index names a sort order.
type Index uint8

const (
	EAVT Index = iota
	AEVT
	AVET
)

// Datoms yields datoms in the order of index, beginning with the given leading components
// (as many of e, a, v in that index's order as are given).
func (db DB) Datoms(ctx context.Context, index Index, p Pattern) iter.Seq2[Datom, error] {
	panic("spec")
}

// Range yields the datoms of attribute a with lo <= value < hi, in value order. Bounds may be left out. Bounds are of the attribute's kind.
func (db DB) Range(ctx context.Context, a ID, lo, hi Opt[Value]) iter.Seq2[Datom, error] {
	panic("spec")
}

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

// Columns yields what Match would, in batches (a leaf each), the fast way to read much.
func (db DB) Columns(ctx context.Context, p Pattern) iter.Seq2[Columns, error] { panic("spec") }

// Entid finds the entity with value v of the unique attribute a.
func (db DB) Entid(ctx context.Context, a ID, v Value) (ID, bool, error) { panic("spec") }

// Ident finds the entity that has the given :db/ident (without colon): attributes and enumerations.
func (db DB) Ident(ctx context.Context, ident string) (ID, bool, error) { panic("spec") }

// Resolve reads the value behind one that lives out of line; others are returned as they are.
func (db DB) Resolve(ctx context.Context, v Value) (Value, error) { panic("spec") }

// Instant is the time of transaction t.
func (db DB) Instant(ctx context.Context, t uint64) (time.Time, error) { panic("spec") }
