package datahike

import (
	"context"
	"slices"
)

// Transaction is what one transaction did, as far as the store still tells.
type Transaction struct {
	Tx     int64
	Datoms []Datom // in the order of e, a, v
}

// slot is the place of values: an entity and an attribute.
type slot struct {
	e int64
	a any
}

// maxAtOnce is how many transactions one commit may have: far more than a writer of Datahike gathers, or a collection leaves in one.
const maxAtOnce = 1 << 22

// Transactions lists what happened between an older commit, nil for none, and a newer one, of the transactions after the number after. Transactions that
// say nothing of themselves are empty. What was removed without a trace, since its attribute or the database has no history, goes with the
// transaction that replaced it, or the last.
func Transactions(ctx context.Context, older, newer *Commit, after int64) ([]Transaction, error) {
	if newer.MaxTx-after > maxAtOnce {
		return nil, newer.store.damaged(toKey(newer.ID), "%d transactions in one commit", newer.MaxTx-after)
	}
	now, err := changes(ctx, older, newer, EAVT)
	if err != nil {
		return nil, err
	}
	var was change
	if _, kept := newer.trees[TemporalEAVT]; kept {
		if was, err = changes(ctx, older, newer, TemporalEAVT); err != nil {
			return nil, err
		}
	}
	d := delta{newer: newer, after: after, fresh: older == nil, by: map[int64][]Datom{}}
	d.assert(now.added, was.added)
	d.retract(now)
	return d.transactions(), nil
}

// delta sorts changes by transaction.
type delta struct {
	newer *Commit
	after int64
	fresh bool // there is nothing to compare with, so what is older is no change
	by    map[int64][]Datom
}

func (d *delta) add(x Datom) { d.by[x.Tx] = append(d.by[x.Tx], x) }

// assert takes in what is told with its transaction. What was asserted by an older one and is new all the same belongs to the last.
func (d *delta) assert(now, was []Datom) {
	for _, x := range was {
		if x.Tx > d.after {
			d.add(x)
		}
	}
	for _, x := range now {
		if x.Tx <= d.after && d.fresh {
			continue
		}
		if x.Tx <= d.after {
			x.Tx = d.newer.MaxTx
		}
		d.add(x)
	}
}

// retract takes in what went without a retraction.
func (d *delta) retract(now change) {
	if len(now.removed) == 0 {
		return
	}
	told := map[slot][]Datom{}
	for _, list := range d.by {
		for _, x := range list {
			told[slot{x.E, x.A}] = append(told[slot{x.E, x.A}], x)
		}
	}
	for _, x := range now.removed {
		tx, known := d.newer.MaxTx, false
		for _, y := range told[slot{x.E, x.A}] {
			switch {
			case compareValues(x.V, y.V) == 0:
				known = true // retracted, or said again
			case y.Added:
				tx = y.Tx
			}
		}
		if !known {
			x.Tx, x.Added = tx, false
			d.add(x)
		}
	}
}

// transactions are all from the first to that of the commit, each datom once.
func (d *delta) transactions() (list []Transaction) {
	for tx := d.after + 1; tx <= d.newer.MaxTx; tx++ {
		datoms := d.by[tx]
		slices.SortFunc(datoms, func(x, y Datom) int { return eavt.compare(&x, &y) })
		var net []Datom
		for i, x := range datoms {
			// A retraction sorts before the assertion of the same value by the same transaction, which stands.
			if i+1 < len(datoms) && compareValues(x.V, datoms[i+1].V) == 0 && x.E == datoms[i+1].E && compareValues(x.A, datoms[i+1].A) == 0 {
				continue
			}
			net = append(net, x)
		}
		list = append(list, Transaction{tx, net})
	}
	return list
}
