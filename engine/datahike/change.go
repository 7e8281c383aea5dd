package datahike

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// change is what a tree has that another has not.
type change struct {
	added, removed []Datom
}

// changes compares a tree of two commits, the older first, and reads only nodes that they do not share. The older may be nil.
func changes(ctx context.Context, older, newer *Commit, i Index) (change, error) {
	if older != nil && older.trees[i].address == newer.trees[i].address {
		return change{}, nil
	}
	d := differ{ctx: ctx, order: i.order()}
	var err error
	if older != nil {
		d.old.store = older.store
		if err = d.old.open(ctx, older, i); err != nil {
			return change{}, err
		}
	}
	d.new.store = newer.store
	if err = d.new.open(ctx, newer, i); err != nil {
		return change{}, err
	}
	if err := d.run(); err != nil {
		return change{}, err
	}
	return d.out.cancelled(i.order()), nil
}

// cancelled is the change without what is on both sides: trees of an order that is not known here can give that.
func (c change) cancelled(o order) change {
	if len(c.added) == 0 || len(c.removed) == 0 {
		return c
	}
	sort := func(d []Datom) []Datom {
		return slices.SortedStableFunc(slices.Values(d), func(x, y Datom) int { return o.compare(&x, &y) })
	}
	a, r := sort(c.added), sort(c.removed)
	var out change
	for len(a) > 0 && len(r) > 0 {
		switch n := o.compare(&a[0], &r[0]); {
		case n < 0:
			out.added, a = append(out.added, a[0]), a[1:]
		case n > 0:
			out.removed, r = append(out.removed, r[0]), r[1:]
		default:
			a, r = a[1:], r[1:]
		}
	}
	return change{append(out.added, a...), append(out.removed, r...)}
}

// pending walks a tree, and can leave out what it has not opened.
type pending struct {
	store *Store
	stack []place
	last  *Datom // of what came already
}

// place is a node and the next of its keys.
type place struct {
	n *node
	i int
}

func (p *pending) open(ctx context.Context, c *Commit, i Index) error {
	n, err := c.open(ctx, i)
	if err == nil && n != nil {
		p.stack = []place{{n, 0}}
	}
	return err
}

// next is where the walk is: at a datom, or at a child that is not open. ok is false at the end.
func (p *pending) next() (at place, ok bool) {
	for len(p.stack) > 0 {
		if at = p.stack[len(p.stack)-1]; at.i < len(at.n.keys) {
			return at, true
		}
		p.stack = p.stack[:len(p.stack)-1]
	}
	return place{}, false
}

// pass goes on behind the datom or child.
func (p *pending) pass() {
	at := &p.stack[len(p.stack)-1]
	p.last = &at.n.keys[at.i]
	at.i++
}

// enter opens the child.
func (p *pending) enter(ctx context.Context) error {
	at := &p.stack[len(p.stack)-1]
	child, err := p.store.child(ctx, at.n, at.i)
	if err == nil {
		at.i++
		p.stack = append(p.stack, place{child, 0})
	}
	return err
}

// after tells whether all that is left of the tree comes after d.
func (p *pending) after(o order, d *Datom) bool { return p.last != nil && o.compare(d, p.last) <= 0 }

func (pl *place) key() *Datom        { return &pl.n.keys[pl.i] }
func (pl *place) isLeaf() bool       { return pl.n.level == 0 }
func (pl *place) address() uuid.UUID { return pl.n.children[pl.i] }

// differ walks two trees side by side.
type differ struct {
	ctx      context.Context
	order    order
	old, new pending
	out      change
}

func (d *differ) run() error {
	for {
		o, hasOld := d.old.next()
		n, hasNew := d.new.next()
		var err error
		switch {
		case !hasOld && !hasNew:
			return nil
		case !hasNew || hasOld && d.ends(&o, &d.new):
			err = d.take(&d.old, &o, &d.out.removed)
		case !hasOld || d.ends(&n, &d.old):
			err = d.take(&d.new, &n, &d.out.added)
		default:
			err = d.both(&o, &n)
		}
		if err != nil {
			return err
		}
	}
}

// ends tells whether a datom, or a child as a whole, comes before all that is left of the other tree.
func (d *differ) ends(at *place, other *pending) bool { return other.after(d.order, at.key()) }

// take gives out a datom that only one tree has, or opens the child that it is in.
func (d *differ) take(p *pending, at *place, out *[]Datom) error {
	if !at.isLeaf() {
		return p.enter(d.ctx)
	}
	*out = append(*out, *at.key())
	p.pass()
	return nil
}

// both looks at two datoms, or opens the higher of two nodes that are not one.
func (d *differ) both(o, n *place) error {
	switch {
	case o.isLeaf() && n.isLeaf():
		return d.datoms(o, n)
	case !o.isLeaf() && !n.isLeaf() && o.address() == n.address():
		d.old.pass()
		d.new.pass()
		return nil
	case o.n.level > n.n.level:
		return d.old.enter(d.ctx)
	}
	return d.new.enter(d.ctx)
}

func (d *differ) datoms(o, n *place) error {
	c := d.order.compare(o.key(), n.key())
	if c <= 0 {
		if c < 0 {
			d.out.removed = append(d.out.removed, *o.key())
		}
		d.old.pass()
	}
	if c >= 0 {
		if c > 0 {
			d.out.added = append(d.out.added, *n.key())
		}
		d.new.pass()
	}
	return nil
}
