package index

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// node is a decoded node; it never changes.
type node struct {
	kind  uint64
	sums  bool
	level int    // 0 for a leaf
	count uint64 // entries in the subtree
	max   uint64 // of Leaf.Max in the subtree, where the layout sums
	first []byte // the smallest key in the subtree

	leaf Leaf  // in a leaf
	keys keys  // in a branch: the first key of every child
	subs []ref // in a branch: the children
}

// ref is a subtree: a stored node by CID or, when fresh is not nil, one that is
// not stored yet, or one that edits are still to be made in.
type ref struct {
	id    cid.Cid
	fresh *fresh
	late  *lateNode
	count uint64
	max   uint64
}

// fresh is a node that only memory holds. Its block is made at most once, and
// only when somebody asks for its CID.
type fresh struct {
	node *node

	once  sync.Once
	data  []byte // of a leaf, until the block is made
	block cas.Block
}

func (r ref) empty() bool { return r.fresh == nil && r.late == nil && !r.id.Defined() }

// cid names the subtree. It hashes what was not hashed yet.
func (r ref) cid() cid.Cid {
	if r.fresh != nil {
		return r.fresh.seal().CID()
	}
	return r.id
}

// same tells, without hashing, whether two refs are one node. It may miss that they are.
func (r ref) same(o ref) bool {
	if r.fresh != nil || o.fresh != nil {
		return r.fresh == o.fresh
	}
	return r.id == o.id
}

// seal makes the block. Any number of goroutines may call it.
func (f *fresh) seal() cas.Block {
	f.once.Do(func() {
		data := f.data
		if f.node.level > 0 {
			data = f.node.encodeBranch()
		}
		f.block, f.data = cas.NewBlock(cas.DagCBOR, data), nil
	})
	return f.block
}

// newLeaf lays out run. The leaf is decoded at once: a leaf that its own layout
// cannot read must never be stored.
func newLeaf(l Layout, run []Entry) (*fresh, error) {
	data, err := l.Encode(run)
	if err != nil {
		return nil, fmt.Errorf("index: lay out a leaf of %d entries from key %x: %w", len(run), run[0].Key, err)
	}
	n, err := decode(l, data)
	if err != nil {
		return nil, fmt.Errorf("index: read back a leaf of %d entries from key %x: %w", len(run), run[0].Key, err)
	}
	if n.level != 0 || n.count != uint64(len(run)) {
		return nil, fmt.Errorf("index: layout of kind %d made level %d and %d entries of a leaf of %d", l.Kind(), n.level, n.count, len(run))
	}
	return &fresh{node: n, data: data}, nil
}

// newBranch makes a branch one level above its children. It keeps subs.
func newBranch(l Layout, level int, run []Entry, subs []ref) *fresh {
	n := &node{kind: l.Kind(), sums: l.Sums(), level: level, subs: subs}
	n.keys.grow(run)
	for _, e := range run {
		n.keys.append(e.Key)
	}
	n.first = n.keys.at(0)
	for _, s := range subs {
		n.count += s.count
		n.max = max(n.max, s.max)
	}
	return &fresh{node: n}
}

// len is the number of rows: entries of a leaf, children of a branch.
func (n *node) len() int {
	if n.level == 0 {
		return n.leaf.Len()
	}
	return len(n.subs)
}

// find is the child whose range contains key; the first child's has no lower end.
func (n *node) find(key []byte) int { return max(n.keys.after(key)-1, 0) }

// bytes estimates the memory that the node holds.
func (n *node) bytes() int {
	const header, perSub = 160, 96 // a ref and the CID that it points at
	if n.level == 0 {
		return header + len(n.first) + n.leaf.Bytes()
	}
	return header + len(n.keys.buf) + len(n.subs)*(perSub+4)
}

// checkChild tells whether c is what branch n says about its child i.
func (n *node) checkChild(i int, c *node) error {
	s := n.subs[i]
	switch {
	case c.level != n.level-1:
		return fmt.Errorf("level %d below level %d", c.level, n.level)
	case c.count != s.count:
		return fmt.Errorf("%d entries where its parent counts %d", c.count, s.count)
	case c.max != s.max:
		return fmt.Errorf("maximum %d where its parent says %d", c.max, s.max)
	case !bytes.Equal(c.first, n.keys.at(i)):
		return fmt.Errorf("first key %x where its parent says %x", c.first, n.keys.at(i))
	}
	return nil
}
