package datahike

import (
	"context"

	"github.com/dhfs/dhfs/engine"
)

// Changes implements engine.Differ: of two commits of one store only nodes are read that they do not share.
func (l *lazy) Changes(ctx context.Context, to engine.Foreign) (all []engine.Datom, ok bool, err error) {
	other, ok := to.(*lazy)
	if !ok || other.c.store != l.c.store {
		return nil, false, nil
	}
	c, err := changes(ctx, l.c, other.c, EAVT)
	if err != nil {
		return nil, true, err
	}
	said := map[string]bool{} // by both, though by different transactions
	for _, d := range c.removed {
		said[d.fact()] = true
	}
	for _, d := range c.added {
		if said[d.fact()] {
			delete(said, d.fact())
			continue
		}
		d.Added = true
		if all, err = other.append(all, d); err != nil {
			return nil, true, err
		}
	}
	for _, d := range c.removed {
		if !said[d.fact()] {
			continue
		}
		d.Added = false
		if all, err = l.append(all, d); err != nil {
			return nil, true, err
		}
	}
	return all, true, nil
}

// fact is the datom without its transaction.
func (d Datom) fact() string {
	d.Tx, d.Added = 0, true
	return d.EDN().String()
}

// append adds a datom in the words of the engine, if it is shown.
func (l *lazy) append(all []engine.Datom, d Datom) ([]engine.Datom, error) {
	x, shown, err := l.datom(d)
	if err != nil {
		return nil, l.c.store.damaged(toKey(l.c.ID), "%v", err)
	}
	if shown {
		all = append(all, x)
	}
	return all, nil
}

var _ engine.Differ = (*lazy)(nil)
