package fs

import (
	"context"
	"iter"

	"github.com/dhfs/dhfs/engine"
)

// diffDir is diff/: what was added and retracted between any two revs, by
// look-up only. Facts about transactions themselves are left out.
type diffDir struct{ db *database }

func (d diffDir) Stat(ctx context.Context) (Stat, error) { return d.db.movingDir(ctx) }

func (d diffDir) List(context.Context, uint64) iter.Seq2[Entry, error] { return nothing }

func (d diffDir) Lookup(ctx context.Context, name string) (Node, error) {
	from, to, ext, ok := diffName(name)
	if !ok {
		return nil, missing(name)
	}
	a, err := d.at(ctx, from)
	if err != nil {
		return nil, err
	}
	b, err := d.at(ctx, to)
	if err != nil {
		return nil, err
	}
	build := func(ctx context.Context) ([]byte, error) { return diffTSV(ctx, a, b) }
	if ext == "edn" {
		build = func(ctx context.Context) ([]byte, error) { return diffEDN(ctx, a, b) }
	}
	at := b.info.At
	if a.info.At.After(at) {
		at = a.info.At
	}
	return moving{b.made("diff/"+a.info.ID.KeyString()+ext, at, build)}, nil
}

func (d diffDir) at(ctx context.Context, rev string) (*commit, error) {
	c, err := d.db.resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	return d.db.commit(ctx, c.ID)
}

// moving is a file under a name that may show another one at the next look-up.
type moving struct{ File }

func (m moving) Stat(ctx context.Context) (Stat, error) {
	s, err := m.File.Stat(ctx)
	s.Moves = true
	return s, err
}

// changed yields what must be retracted and added to turn a into b, but for transactions.
func changed(ctx context.Context, a, b *commit) iter.Seq2[engine.Datom, error] {
	return func(yield func(engine.Datom, error) bool) {
		for d, err := range engine.Diff(ctx, a.db, b.db) {
			if _, isTx := engine.TxOf(d.E); isTx && err == nil {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// diffTSV shows what was retracted as a names it, and what was added as b does.
func diffTSV(ctx context.Context, a, b *commit) ([]byte, error) {
	out := appendRow(nil, changeColumns...)
	for d, err := range changed(ctx, a, b) {
		if err != nil {
			return nil, err
		}
		side := a
		if d.Added {
			side = b
		}
		if out, err = side.appendChange(ctx, out, d); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// diffEDN is tx data that turns a into b.
func diffEDN(ctx context.Context, a, b *commit) ([]byte, error) {
	var all []engine.Datom
	for d, err := range changed(ctx, a, b) {
		if err != nil {
			return nil, err
		}
		if !d.Added {
			if d.V, err = a.db.Resolve(ctx, d.V); err != nil {
				return nil, err
			}
		}
		all = append(all, d)
	}
	return b.txData(ctx, all)
}
