package index

import (
	"bytes"
	"context"
	"iter"
)

// Run is rows [Lo, Hi) of one leaf, all inside the range that was asked for.
type Run struct {
	Leaf   Leaf
	Lo, Hi int
}

// Scan yields the entries with lo <= key < hi in rising order, a leaf at a time. A nil
// hi means to the end. After an error nothing follows.
func (t Tree) Scan(ctx context.Context, lo, hi []byte) iter.Seq2[Run, error] {
	return t.scan(ctx, walk{tree: t, lo: lo, hi: hi})
}

// ScanBack yields the same runs, last leaf first; rows within a run still rise.
func (t Tree) ScanBack(ctx context.Context, lo, hi []byte) iter.Seq2[Run, error] {
	return t.scan(ctx, walk{tree: t, lo: lo, hi: hi, back: true})
}

// At yields runs from the nth entry (counting from 0) on.
func (t Tree) At(ctx context.Context, n uint64) iter.Seq2[Run, error] {
	return t.scan(ctx, walk{tree: t, skip: n})
}

// walk is one traversal.
type walk struct {
	tree   Tree
	lo, hi []byte
	back   bool
	skip   uint64 // entries still to pass over; only forward and without bounds
	ahead  ahead
}

func (t Tree) scan(ctx context.Context, w walk) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		t, err := t.readable(ctx)
		if err != nil {
			yield(Run{}, err)
			return
		}
		if t.root.empty() || w.hi != nil && bytes.Compare(w.lo, w.hi) >= 0 {
			return
		}
		w := w
		w.tree, w.ahead.nodes = t, t.nodes
		d, err := t.top(ctx)
		if err != nil {
			yield(Run{}, err)
			return
		}
		w.node(ctx, d, w.lo, w.hi, yield)
	}
}

// node yields the runs of d between lo and hi and tells whether to go on.
func (w *walk) node(ctx context.Context, d *node, lo, hi []byte, yield func(Run, error) bool) bool {
	if d.level == 0 {
		return w.rows(d.leaf, lo, hi, yield)
	}
	first, end := d.within(lo, hi)
	step := 1
	if w.back {
		first, end, step = end-1, first-1, -1
	}
	for i := first; i != end; i += step {
		if w.passes(d.subs[i].count) {
			continue
		}
		w.ahead.before(ctx, w.tree.layout, d, i, end, step)
		c, err := w.tree.child(ctx, d, i)
		if err != nil {
			yield(Run{}, err)
			return false
		}
		childLo, childHi := d.narrow(i, lo, hi)
		if !w.node(ctx, c, childLo, childHi, yield) {
			return false
		}
	}
	return true
}

func (w *walk) rows(leaf Leaf, lo, hi []byte, yield func(Run, error) bool) bool {
	r := rowsIn(leaf, lo, hi)
	r.Lo += int(min(w.skip, uint64(r.Hi-r.Lo)))
	w.skip = 0
	return r.Lo == r.Hi || yield(r, nil)
}

// passes tells whether a subtree of count entries lies before the first that is wanted.
func (w *walk) passes(count uint64) bool {
	if w.skip < count {
		return false
	}
	w.skip -= count
	return true
}

// rowsIn is the rows of leaf with lo <= key < hi; a nil bound is none.
func rowsIn(leaf Leaf, lo, hi []byte) Run {
	r := Run{Leaf: leaf, Hi: leaf.Len()}
	if lo != nil {
		r.Lo = leaf.Search(lo)
	}
	if hi != nil {
		r.Hi = max(leaf.Search(hi), r.Lo)
	}
	return r
}

// within is the children [from, to) whose ranges meet [lo, hi).
func (n *node) within(lo, hi []byte) (from, to int) {
	to = len(n.subs)
	if lo != nil {
		from = n.find(lo)
	}
	if hi != nil {
		to = n.keys.before(hi)
	}
	return from, max(from, to)
}

// narrow drops the bounds that child i need not look at since it lies inside them.
func (n *node) narrow(i int, lo, hi []byte) (from, to []byte) {
	if lo != nil && bytes.Compare(n.keys.at(i), lo) < 0 {
		from = lo
	}
	if hi != nil && (i+1 == len(n.subs) || bytes.Compare(n.keys.at(i+1), hi) > 0) {
		to = hi
	}
	return from, to
}
