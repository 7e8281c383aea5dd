package index

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Summary is what is known of a range of entries without reading all of them.
type Summary struct {
	Count uint64
	Max   uint64 // of Leaf.Max; 0 where the layout does not sum
	// Digest is of the entries: ranges with equal digests have equal entries. The
	// converse need not hold, since subtrees count as a whole.
	Digest [sha256.Size]byte
}

// Max is the largest Leaf.Max over all entries with lo <= key < hi: branches
// answer for whole subtrees. A nil hi means to the end. It is 0 when there are
// no such entries, or when the layout does not sum.
func (t Tree) Max(ctx context.Context, lo, hi []byte) (uint64, error) {
	c := cover{tree: t}
	err := c.rangeOf(ctx, lo, hi)
	return c.most, err
}

// Summarize tells about the entries with lo <= key < hi, in O(log n) reads. A
// nil hi means to the end.
func (t Tree) Summarize(ctx context.Context, lo, hi []byte) (Summary, error) {
	c := cover{tree: t, digest: sha256.New()}
	if err := c.rangeOf(ctx, lo, hi); err != nil {
		return Summary{}, err
	}
	s := Summary{Count: c.count, Max: c.most}
	c.digest.Sum(s.Digest[:0])
	return s, nil
}

// cover adds up a range as the largest subtrees that lie inside of it, and the
// entries at its ends.
type cover struct {
	tree        Tree
	digest      hash.Hash // nil when it is not wanted
	count, most uint64
}

func (c *cover) rangeOf(ctx context.Context, lo, hi []byte) error {
	var err error
	if c.tree, err = c.tree.whole(ctx); err != nil || c.tree.root.empty() {
		return err
	}
	d, err := c.tree.top(ctx)
	if err != nil {
		return err
	}
	return c.node(ctx, d, lo, hi)
}

// node adds the part of d that lies in [lo, hi).
func (c *cover) node(ctx context.Context, d *node, lo, hi []byte) error {
	if d.level == 0 {
		return c.rows(rowsIn(d.leaf, lo, hi))
	}
	for i, end := d.within(lo, hi); i < end; i++ {
		from, to := d.narrow(i, lo, hi)
		if from == nil && to == nil {
			c.whole(d.subs[i])
			continue
		}
		child, err := c.tree.child(ctx, d, i)
		if err != nil {
			return err
		}
		if err := c.node(ctx, child, from, to); err != nil {
			return err
		}
	}
	return nil
}

// whole adds a subtree.
func (c *cover) whole(r ref) {
	c.count += r.count
	c.most = max(c.most, r.max)
	if c.digest != nil {
		c.hash('s', r.cid().Bytes())
	}
}

// rows adds a part of a leaf. A layout knows the maximum of whole leaves only,
// so the part is laid out as a leaf of its own.
func (c *cover) rows(r Run) error {
	if r.Lo == r.Hi {
		return nil
	}
	c.count += uint64(r.Hi - r.Lo)
	run := make([]Entry, 0, r.Hi-r.Lo)
	for i := r.Lo; i < r.Hi; i++ {
		run = append(run, Entry{Key: r.Leaf.AppendKey(nil, i), Val: r.Leaf.AppendVal(nil, i)})
	}
	if c.digest != nil {
		for _, e := range run {
			c.hash('e', e.Key)
			c.hash('v', e.Val)
		}
	}
	switch {
	case !c.tree.layout.Sums():
	case len(run) == r.Leaf.Len():
		c.most = max(c.most, r.Leaf.Max())
	default:
		f, err := newLeaf(c.tree.layout, run)
		if err != nil {
			return err
		}
		c.most = max(c.most, f.node.max)
	}
	return nil
}

// hash adds what begins with its kind and length, so that no two sequences are written alike.
func (c *cover) hash(kind byte, data []byte) {
	head := binary.AppendUvarint([]byte{kind}, uint64(len(data)))
	c.digest.Write(head)
	c.digest.Write(data)
}
