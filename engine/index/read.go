package index

import (
	"bytes"
	"context"
)

// Get returns the value at key.
func (t Tree) Get(ctx context.Context, key []byte) (val []byte, ok bool, err error) {
	if t, err = t.readable(ctx); err != nil || t.root.empty() {
		return nil, false, err
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
	t, err := t.readable(ctx)
	if err != nil || t.root.empty() {
		return 0, err
	}
	d, err := t.top(ctx)
	if err != nil {
		return 0, err
	}
	return d.count, nil
}

// Rank is the number of keys less than key, in O(log n) reads.
func (t Tree) Rank(ctx context.Context, key []byte) (uint64, error) {
	t, err := t.readable(ctx)
	if err != nil || t.root.empty() {
		return 0, err
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
