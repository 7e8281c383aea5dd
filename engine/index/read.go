package index

import (
	"bytes"
	"context"
)

// Get returns the value at key.
func (t Tree) Get(ctx context.Context, key []byte) (val []byte, ok bool, err error) {
	if t.root.empty() {
		return nil, false, nil
	}
	d, err := t.top(ctx)
	for err == nil && d.level > 0 {
		d, err = t.child(ctx, d, d.find(key))
	}
	if err != nil {
		return nil, false, err
	}
	i := d.leaf.Search(key)
	if i == d.leaf.Len() || !bytes.Equal(d.leaf.AppendKey(nil, i), key) {
		return nil, false, nil
	}
	return d.leaf.AppendVal([]byte{}, i), true, nil
}

// Len is the number of entries: reads at most the root.
func (t Tree) Len(ctx context.Context) (uint64, error) {
	if t.root.empty() {
		return 0, nil
	}
	d, err := t.top(ctx)
	if err != nil {
		return 0, err
	}
	return d.count, nil
}

// Rank is the number of keys less than key, in O(log n) reads.
func (t Tree) Rank(ctx context.Context, key []byte) (uint64, error) {
	if t.root.empty() {
		return 0, nil
	}
	d, err := t.top(ctx)
	if err != nil {
		return 0, err
	}
	rank := uint64(0)
	for d.level > 0 {
		i := d.find(key)
		for _, s := range d.subs[:i] {
			rank += s.count
		}
		if d, err = t.child(ctx, d, i); err != nil {
			return 0, err
		}
	}
	return rank + uint64(d.leaf.Search(key)), nil
}

// Count is the number of entries with lo <= key < hi, in O(log n) reads. A nil
// hi means to the end.
func (t Tree) Count(ctx context.Context, lo, hi []byte) (uint64, error) {
	end, err := t.rankEnd(ctx, hi)
	if err != nil {
		return 0, err
	}
	start, err := t.Rank(ctx, lo)
	if err != nil || start >= end {
		return 0, err
	}
	return end - start, nil
}

func (t Tree) rankEnd(ctx context.Context, hi []byte) (uint64, error) {
	if hi == nil {
		return t.Len(ctx)
	}
	return t.Rank(ctx, hi)
}

// Max is the largest Leaf.Max over all entries with lo <= key < hi: branches
// answer for whole subtrees. A nil hi means to the end. It is 0 when there are
// no such entries, or when the layout does not sum.
func (t Tree) Max(ctx context.Context, lo, hi []byte) (uint64, error) {
	if t.root.empty() || !t.layout.Sums() {
		return 0, nil
	}
	d, err := t.top(ctx)
	if err != nil {
		return 0, err
	}
	return t.maxIn(ctx, d, lo, hi)
}

// maxIn is the maximum in the part of d that lies in [lo, hi).
func (t Tree) maxIn(ctx context.Context, d *node, lo, hi []byte) (uint64, error) {
	if d.level == 0 {
		return t.maxRows(d.leaf, rowsIn(d.leaf, lo, hi))
	}
	most := uint64(0)
	for i, end := d.within(lo, hi); i < end; i++ {
		from, to := d.narrow(i, lo, hi)
		if from == nil && to == nil {
			most = max(most, d.subs[i].max)
			continue
		}
		c, err := t.child(ctx, d, i)
		if err != nil {
			return 0, err
		}
		m, err := t.maxIn(ctx, c, from, to)
		if err != nil {
			return 0, err
		}
		most = max(most, m)
	}
	return most, nil
}

// maxRows is the maximum of a part of a leaf: a layout knows that of whole
// leaves only, so the part is laid out as a leaf of its own.
func (t Tree) maxRows(leaf Leaf, r Run) (uint64, error) {
	switch r.Hi - r.Lo {
	case leaf.Len():
		return leaf.Max(), nil
	case 0:
		return 0, nil
	}
	run := make([]Entry, 0, r.Hi-r.Lo)
	for i := r.Lo; i < r.Hi; i++ {
		run = append(run, Entry{Key: leaf.AppendKey(nil, i), Val: leaf.AppendVal(nil, i)})
	}
	f, err := newLeaf(t.layout, run)
	if err != nil {
		return 0, err
	}
	return f.node.max, nil
}
