package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Elsewhere is a store whose commits are no blocks: it tells of each when it is asked for it, and opens them as values of a Foreign. They are
// named by CIDs all the same, those of ForeignID.
type Elsewhere interface {
	// ForeignCommit is the commit with an id, without how much it added and retracted; ok is false for an id that is of none of its own.
	ForeignCommit(ctx context.Context, id cid.Cid) (c Commit, ok bool, err error)
	// ForeignTx is what the transaction of such a commit did.
	ForeignTx(ctx context.Context, c Commit) ([]Datom, error)
	// ForeignDB is the value of such a commit, which nobody else has.
	ForeignDB(ctx context.Context, c Commit) (DB, error)
}

// ForeignID is the name of a commit that has no block, by what tells it from all others.
func ForeignID(name string) cid.Cid { return foreignBlock(name).CID() }

// NewForeignCommit is a commit of an Elsewhere.
func NewForeignCommit(name string, t uint64, at time.Time, msg string, parents []cid.Cid) Commit {
	id := ForeignID(name)
	c := Commit{ID: id, T: t, At: at, Msg: msg, Parents: parents, Root: id, Base: id, foreign: true}
	if len(parents) > 0 {
		c.Tx, c.jump = id, parents[0]
	}
	return c
}

// elsewhere is where the commits of a store are, if they are no blocks.
func elsewhere(g cas.Getter) (Elsewhere, bool) {
	if e, ok := g.(*env); ok {
		return e.elsewhere, e.elsewhere != nil
	}
	return cas.As[Elsewhere](g)
}

// errNotElsewhere is of a commit that was read from another store.
var errNotElsewhere = fmt.Errorf("its store is not at hand: %w", cas.ErrNotFound)

// openForeign opens a commit of an Elsewhere; what comes before it is found there too.
func (e *env) openForeign(ctx context.Context, c Commit) (*state, error) {
	if e.elsewhere == nil {
		return nil, errNotElsewhere
	}
	db, err := e.elsewhere.ForeignDB(ctx, c)
	if err != nil {
		return nil, err
	}
	if db.s.foreign != nil {
		db.s.env, db.s.commit = e, c
	}
	return db.s, nil
}

// foreignTx is ReadTx for a commit of an Elsewhere.
func foreignTx(ctx context.Context, g cas.Getter, c Commit) (TxRecord, error) {
	from, ok := elsewhere(g)
	if !ok {
		return TxRecord{}, errNotElsewhere
	}
	datoms, err := from.ForeignTx(ctx, c)
	return TxRecord{T: c.T, Datoms: datoms}, err
}

// Counted is a commit with how many datoms its transaction added and retracted, which one that has no block does not tell by itself.
func Counted(ctx context.Context, g cas.Getter, c Commit) (Commit, error) {
	if !c.foreign || !c.Tx.Defined() {
		return c, nil
	}
	tx, err := foreignTx(ctx, g, c)
	c.Added, c.Retracted = tally(tx.Datoms)
	return c, err
}

// Differ is a Foreign that finds what another one has otherwise without reading what both share.
type Differ interface {
	// Changes is what must be retracted from the Foreign and added to it to become to, in any order and each once; ok is false where it has to be looked for.
	Changes(ctx context.Context, to Foreign) (all []Datom, ok bool, err error)
}

// diffForeign is Diff where one of the values is read from a Foreign.
func diffForeign(ctx context.Context, a, b DB, yield func(Datom, error) bool) {
	if d, ok := a.s.foreign.(Differ); ok && b.s.foreign != nil {
		all, ok, err := d.Changes(ctx, b.s.foreign)
		if ok || err != nil {
			yieldSorted(all, err, yield)
			return
		}
	}
	diffSorted(ctx, DB{s: a.s}, DB{s: b.s}, yield)
}

// yieldSorted yields changes in the order of EAVT.
func yieldSorted(all []Datom, err error, yield func(Datom, error) bool) {
	if err != nil {
		yield(Datom{}, fmt.Errorf("compare databases: %w", err))
		return
	}
	SortDatoms(EAVT, all)
	for _, d := range all {
		if !yield(d, nil) {
			return
		}
	}
}

// diffSorted walks all datoms of both, side by side.
func diffSorted(ctx context.Context, a, b DB, yield func(Datom, error) bool) {
	l := datomLayout{order: EAVT}
	next := func(db DB) (func() (Datom, string, error, bool), func()) {
		pull, stop := iter.Pull2(db.Datoms(ctx, EAVT, Pattern{}))
		return func() (Datom, string, error, bool) {
			d, err, ok := pull()
			stored := d
			stored.V, _, _ = outline(d.V)
			return stored, string(l.appendKey(nil, stored)), err, ok
		}, stop
	}
	left, stop := next(a)
	defer stop()
	right, stop2 := next(b)
	defer stop2()
	x, kx, err, more := left()
	y, ky, err2, more2 := right()
	for more || more2 {
		switch {
		case more && err != nil || more2 && err2 != nil:
			yield(Datom{}, fmt.Errorf("compare databases: %w", firstError(err, err2)))
			return
		case more && more2 && kx == ky:
			x, kx, err, more = left()
			y, ky, err2, more2 = right()
		case more && (!more2 || kx < ky):
			x.Added = false
			if !yield(x, nil) {
				return
			}
			x, kx, err, more = left()
		default:
			y.Added = true
			if !yield(y, nil) {
				return
			}
			y, ky, err2, more2 = right()
		}
	}
}

func firstError(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	return errs[i]
}
