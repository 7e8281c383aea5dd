package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// Replayed is a transaction of the past.
type Replayed struct {
	Forms []edn.Value // as tx data
	Meta  Meta
	Mark  ReplayMark // of itself
}

// ReplayMark is where a replay can go on: a transaction, and what has to be known of those before it.
type ReplayMark struct {
	T      uint64
	purged uint64 // the newest purge: up to it, transactions are not shown as they were
	schema *Schema
}

// replaySpan is how many commits are gathered at a time, since they are found from the newest to the oldest.
const replaySpan = 1024

// Replay yields every transaction up to the value's commit, the first one first: run one after another in an
// empty database with the same options they give the same datoms, and so the same root. Ids are kept;
// attributes are declared without one, since a database numbers them in their order. What was purged is left out. After a :db.history.purge/before, history may have
// retractions of what it no longer has, which no transactions make: then what is now is the same, and the root is not.
func (db DB) Replay(ctx context.Context) iter.Seq2[Replayed, error] {
	return func(yield func(Replayed, error) bool) {
		purged, err := db.lastPurge(ctx)
		if err != nil {
			yield(Replayed{}, err)
			return
		}
		db.ReplayFrom(ctx, ReplayMark{T: 1, purged: purged, schema: emptySchema(db.s.opts)}, db.s.commit.T)(yield)
	}
}

// ReplayFrom yields the same transactions, from a marked one up to last.
func (db DB) ReplayFrom(ctx context.Context, from ReplayMark, last uint64) iter.Seq2[Replayed, error] {
	return func(yield func(Replayed, error) bool) {
		r := replay{db: db, purged: from.purged, new: from.schema}
		for t := from.T; t <= last; t += replaySpan {
			commits, err := db.span(ctx, t, min(last, t+replaySpan-1))
			if err != nil {
				yield(Replayed{}, err)
				return
			}
			for _, c := range slices.Backward(commits) {
				mark := ReplayMark{T: c.T, purged: r.purged, schema: r.new}
				forms, err := r.next(ctx, c)
				if err != nil {
					err = fmt.Errorf("transaction %d: %w", c.T, err)
				}
				if !yield(Replayed{Forms: forms, Meta: Meta{By: c.By, Msg: c.Msg}, Mark: mark}, err) || err != nil {
					return
				}
			}
		}
	}
}

// lastPurge is the t of the newest purge in the value's past, 0 when there was none.
func (db DB) lastPurge(ctx context.Context) (uint64, error) {
	for c, err := range Log(ctx, db.s.env, db.s.commit.ID) {
		if err != nil || c.Purged > 0 {
			return c.T, err
		}
	}
	return 0, nil
}

// span is the commits from t first to t last, newest first.
func (db DB) span(ctx context.Context, first, last uint64) (commits []Commit, err error) {
	c, err := ancestorAt(ctx, db.s.env, db.s.commit, last)
	for ; err == nil; c, err = ReadCommit(ctx, db.s.env, c.parent()) {
		if commits = append(commits, c); c.T == first {
			return commits, nil
		}
	}
	return nil, err
}

// replay writes tx data, transaction after transaction.
type replay struct {
	db       DB
	purged   uint64 // up to here, transactions are not shown as they were
	t        uint64
	old, new *Schema // before and after t
}

// next is what the transaction of c did.
func (r *replay) next(ctx context.Context, c Commit) ([]edn.Value, error) {
	datoms, err := r.datoms(ctx, c)
	if err != nil {
		return nil, err
	}
	r.t, r.old = c.T, r.new
	if slices.ContainsFunc(datoms, func(d Datom) bool { return isAttr(d.E) }) {
		after, err := r.db.AsOf(ctx, c.T)
		if err != nil {
			return nil, err
		}
		r.new = after.Schema()
	}
	return r.forms(datoms), nil
}

// datoms are those of the transaction of c, large values included.
func (r *replay) datoms(ctx context.Context, c Commit) (datoms []Datom, err error) {
	if c.T <= r.purged {
		for d, err := range r.db.History().Match(ctx, Pattern{T: Some(c.T)}) {
			if err != nil {
				return nil, err
			}
			datoms = append(datoms, d)
		}
		return datoms, nil
	}
	tx, err := ReadTx(ctx, r.db.s.env, c)
	if err != nil {
		return nil, err
	}
	for _, d := range tx.Datoms {
		if d.V, err = resolve(ctx, r.db.s.env, d.V); err != nil {
			return nil, err
		}
		datoms = append(datoms, d)
	}
	return datoms, nil
}

// forms has the new attributes first, by their ids.
func (r *replay) forms(datoms []Datom) []edn.Value {
	var forms []edn.Value
	for a := range r.new.Attributes() {
		if a.ID >= r.old.nextAttr() {
			forms = append(forms, r.declaration(a.ID, datoms))
		}
	}
	for i := range datoms {
		d := &datoms[i]
		if isAttr(d.E) && d.E >= r.old.nextAttr() {
			continue
		}
		if whole := r.composite(d); whole != nil {
			forms = append(forms, r.parts(d, whole)...)
			continue
		}
		op := "db/retract"
		if d.Added {
			op = "db/add"
		}
		forms = append(forms, edn.MakeVector(edn.MakeKeyword(op), r.entity(d.E), r.attribute(d.A), r.value(d.V)))
	}
	return forms
}

// declaration is what the transaction says of a new attribute.
func (r *replay) declaration(id ID, datoms []Datom) edn.Value {
	var pairs []edn.Value
	for i := range datoms {
		if d := &datoms[i]; d.E == id && d.Added {
			pairs = append(pairs, r.attribute(d.A), r.value(d.V))
		}
	}
	return edn.MakeMap(pairs...)
}

// composite is the attribute of a tuple that the database makes itself, nil of any other datom.
func (r *replay) composite(d *Datom) *Attribute {
	if a, ok := r.new.ByID(d.A); ok && len(a.TupleAttrs) > 0 {
		return a
	}
	return nil
}

// parts asserts what a composite tuple is made of: that makes it, even where the parts were there before.
func (r *replay) parts(d *Datom, whole *Attribute) (forms []edn.Value) {
	if !d.Added {
		return nil
	}
	for i, v := range d.V.Tuple() {
		if v.Kind() != NilKind {
			forms = append(forms, edn.MakeVector(edn.MakeKeyword("db/add"), r.entity(d.E), r.attribute(whole.TupleAttrs[i]), r.value(v)))
		}
	}
	return forms
}

func (r *replay) entity(id ID) edn.Value {
	if id == TxID(r.t) {
		return edn.MakeString("datomic.tx")
	}
	return r.attribute(id)
}

// attribute is an attribute by its name, if it keeps that; anything else, and any other entity, is its number.
func (r *replay) attribute(id ID) edn.Value {
	now, ok := r.new.ByID(id)
	before, old := r.old.ByID(id)
	if ok && (!old || before.Ident == now.Ident) {
		return edn.MakeKeyword(now.Ident)
	}
	return edn.MakeInt(int64(id))
}

func (r *replay) value(v Value) edn.Value {
	if v.Kind() == RefKind {
		return r.entity(v.Ref())
	}
	return ToEDN(v)
}
