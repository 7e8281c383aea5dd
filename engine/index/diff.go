package index

import (
	"bytes"
	"context"
	"fmt"
	"iter"
)

// Change is a key whose entry differs between two trees; nil means absent there, an empty
// non-nil slice an empty value.
type Change struct{ Key, Old, New []byte }

// Diff yields what differs, in key order, and descends only where CIDs differ; edits that were put off are compared, not made.
// The trees must be of the same kind; they may be in different stores. After an
// error nothing follows.
func Diff(ctx context.Context, old, new Tree) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		late, ok, err := openLateDiff(ctx, old, new)
		if ok && err == nil {
			late.all(ctx, yield)
			return
		}
		if err != nil {
			yield(Change{}, err)
			return
		}
		d, err := openDiff(ctx, old, new)
		for err == nil && !(d.old.done() && d.new.done()) {
			var c Change
			if c, err = d.step(ctx); err == nil && c.Key != nil && !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(Change{}, err)
		}
	}
}

// differ walks two trees side by side.
type differ struct{ old, new side }

func openDiff(ctx context.Context, old, new Tree) (d differ, err error) {
	if o, n := old.layout.Kind(), new.layout.Kind(); o != n {
		return d, fmt.Errorf("index: diff of trees of kinds %d and %d", o, n)
	}
	if old, err = old.whole(ctx); err != nil {
		return d, err
	}
	if new, err = new.whole(ctx); err != nil {
		return d, err
	}
	if old.root.cid() == new.root.cid() {
		return d, nil
	}
	if d.old, err = openSide(ctx, old); err != nil {
		return d, err
	}
	d.new, err = openSide(ctx, new)
	return d, err
}

// step opens a subtree, or passes one that both sides have, or an entry. The
// change has a key when the entry differs.
func (d *differ) step(ctx context.Context) (Change, error) {
	o, n := &d.old, &d.new
	switch c := o.compare(n); {
	case c < 0 && o.level() >= 0:
		return Change{}, o.open(ctx)
	case c > 0 && n.level() >= 0:
		return Change{}, n.open(ctx)
	case c < 0:
		defer o.next()
		return Change{Key: append([]byte{}, o.key...), Old: o.val()}, nil
	case c > 0:
		defer n.next()
		return Change{Key: append([]byte{}, n.key...), New: n.val()}, nil
	}
	return d.abreast(ctx)
}

// abreast is step where both sides stand at the same key.
func (d *differ) abreast(ctx context.Context) (c Change, err error) {
	o, n := &d.old, &d.new
	switch {
	case o.level() > n.level():
		return c, o.open(ctx)
	case o.level() < n.level():
		return c, n.open(ctx)
	case o.level() >= 0 && o.sub().cid() != n.sub().cid():
		if err := o.open(ctx); err != nil {
			return c, err
		}
		return c, n.open(ctx)
	case o.level() < 0:
		c = changed(o, n)
	}
	o.next()
	n.next()
	return c, nil
}

func changed(o, n *side) Change {
	old, new := o.val(), n.val()
	if bytes.Equal(old, new) {
		return Change{}
	}
	return Change{Key: append([]byte{}, o.key...), Old: old, New: new}
}
