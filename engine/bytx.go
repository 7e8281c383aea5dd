package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// ofTransaction yields what one transaction did, as far as the view still shows it. It
// reads the transaction's block instead of all datoms.
func (db DB) ofTransaction(ctx context.Context, p Pattern) iter.Seq2[Columns, error] {
	t := p.T.Val
	if t > db.s.commit.T || db.s.foreign != nil {
		spans, f := db.plan(p)
		return db.read(ctx, spans, f, false)
	}
	return func(yield func(Columns, error) bool) {
		if t == 0 || t <= db.after {
			return
		}
		c, err := db.shownOf(ctx, p)
		if errors.Is(err, ErrPruned) { // the transaction is gone, its datoms need not be
			spans, f := db.plan(p)
			db.read(ctx, spans, f, false)(yield)
			return
		}
		if err != nil {
			yield(Columns{}, fmt.Errorf("read transaction %d: %w", t, err))
			return
		}
		if len(c.E) > 0 {
			yield(c, nil)
		}
	}
}

func (db DB) shownOf(ctx context.Context, p Pattern) (Columns, error) {
	commit, err := ancestorAt(ctx, db.s.env, db.s.commit, p.T.Val)
	if err != nil {
		return Columns{}, err
	}
	tx, err := ReadTx(ctx, db.s.env, commit)
	if err != nil {
		return Columns{}, err
	}
	all := newColumns(len(tx.Datoms), true, true)
	shown := Columns{}
	f := filter{added: p.Added, history: db.history}
	for i, d := range tx.Datoms {
		all.set(i, &d)
		if !f.passes(&all, i) {
			continue
		}
		ok, err := db.shows(ctx, d)
		if err != nil {
			return Columns{}, err
		}
		if !ok {
			continue
		}
		if all.V[i], err = resolve(ctx, db.s.env, d.V); err != nil {
			return Columns{}, err
		}
		shown.append(&all, i)
	}
	return shown, nil
}

// shows tells whether d is in the trees that the view consists of.
func (db DB) shows(ctx context.Context, d Datom) (bool, error) {
	if d.Added {
		t, ok, err := db.s.currentT(ctx, d)
		if err != nil || ok && t == d.T {
			return err == nil, err
		}
	}
	if !db.history {
		return false, nil
	}
	_, ok, err := db.s.trees.eavt.was.Get(ctx, datomLayout{order: EAVT, history: true}.appendKey(nil, d))
	return ok, err
}
