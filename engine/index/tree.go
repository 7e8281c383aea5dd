// Package index keeps sorted sets of byte keys in content-addressed blocks.
//
// Trees are content-defined: where a node ends depends only on the keys in it,
// so two trees with the same entries have the same blocks and the same root,
// in whatever order they were built. The package knows nothing of datoms: how
// a run of entries is laid out in a leaf is its caller's Layout.
package index

import (
	"context"
	"errors"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Entry is a key and what belongs to it. Val may be empty.
type Entry struct{ Key, Val []byte }

// Edit sets or removes one entry.
type Edit struct {
	Key, Val []byte
	Delete   bool
}

// Leaf is a decoded leaf: n entries in rising key order, in whatever columns
// the Layout keeps them.
type Leaf interface {
	Len() int
	AppendKey(dst []byte, i int) []byte
	AppendVal(dst []byte, i int) []byte
	// Search returns the first i whose key is not less than key.
	Search(key []byte) int
	// Max is the aggregate that branches keep the maximum of; 0 where the layout has none.
	Max() uint64
	// Bytes estimates the memory that the leaf holds.
	Bytes() int
}

// Layout writes and reads leaves of one kind of tree.
//
// Every node is a dag-cbor list whose first item is the kind and whose second
// is its level: 0 in a leaf, at least 1 in a branch. What follows in a leaf is
// the Layout's own business.
type Layout interface {
	// Kind is the first item of every node and tells the kinds of trees apart.
	Kind() uint64
	// Fixed is how many bytes an entry takes in a leaf besides the part of its
	// key that differs from the key before: payload, lengths, deltas; an average
	// that is known beforehand. The splitter adds it to every entry, so that
	// leaves come out at 4 KiB. It is part of the format: changing it changes
	// every root.
	Fixed() int
	// Encode lays out a run of at least one entry as strict dag-cbor: a list that
	// begins with Kind() and 0. The entries rise. The result must depend on
	// nothing but the entries, and must not alias them.
	Encode(run []Entry) ([]byte, error)
	// Decode reads what Encode wrote. It refuses anything that Encode would not
	// have written: order, kind, level, no entries, non-canonical numbers,
	// trailing bytes. The leaf may alias data.
	Decode(data []byte) (Leaf, error)
	// Sums tells whether branches carry the maximum of Leaf.Max.
	Sums() bool
}

// Tree is an immutable sorted set. The zero Tree is not valid: use Empty, Open or Build.
// A tree that was edited holds its new nodes in memory until Flush. Any number
// of goroutines may use one Tree.
type Tree struct {
	nodes  *Nodes
	layout Layout
	root   ref   // empty when the tree is; its count is not always known
	late   *late // edits that were not made yet; nil when there are none
}

// Empty is the tree without entries.
func Empty(n *Nodes, l Layout) Tree { return Tree{nodes: n, layout: l} }

// Open does not read anything: the root is loaded at first use. cid.Undef is the empty tree.
func Open(n *Nodes, l Layout, root cid.Cid) Tree {
	return Tree{nodes: n, layout: l, root: ref{id: root}}
}

// Root is the CID of the canonical tree with these entries, cid.Undef when it is empty. It encodes and hashes
// what was not hashed yet, but stores nothing. It fails only where edits were put off.
func (t Tree) Root() (cid.Cid, error) {
	t, err := t.whole(context.Background())
	if err != nil {
		return cid.Undef, err
	}
	return t.root.cid(), nil
}

// Flush hands every block that is not stored yet to sink, children first, and
// returns the same tree with those nodes given up to the store. Until the
// caller has stored the blocks, only the tree it had before can be read
// reliably. An error of sink is returned as it is.
func (t Tree) Flush(sink func(cas.Block) error) (Tree, error) {
	t, err := t.whole(context.Background())
	if err != nil {
		return t, err
	}
	root, err := t.nodes.flush(t.root, sink)
	if err != nil {
		return t, err
	}
	t.root = root
	return t, nil
}

// flush emits the fresh nodes below r and r itself.
func (n *Nodes) flush(r ref, sink func(cas.Block) error) (ref, error) {
	if r.fresh == nil {
		return r, nil
	}
	d := *r.fresh.node
	d.subs = append([]ref(nil), d.subs...)
	for i := range d.subs {
		s, err := n.flush(d.subs[i], sink)
		if err != nil {
			return ref{}, err
		}
		d.subs[i] = s
	}
	b := r.fresh.seal()
	if err := sink(b); err != nil {
		return ref{}, err
	}
	n.keep(b.CID(), &d)
	return ref{id: b.CID(), count: r.count, max: r.max}, nil
}

// top loads the root; the tree must not be empty.
func (t Tree) top(ctx context.Context) (*node, error) {
	d, err := t.nodes.load(ctx, t.layout, t.root)
	if err == nil && d.level > 0 && len(d.subs) == 1 {
		return nil, corrupt(t.root.id, errors.New("root with a single child"))
	}
	return d, err
}

// child loads child i of d and checks it against what d says about it.
func (t Tree) child(ctx context.Context, d *node, i int) (*node, error) {
	r := d.subs[i]
	c, err := t.nodes.load(ctx, t.layout, r)
	if err != nil || r.fresh != nil || r.late != nil {
		return c, err // a late one was checked below the branch as it is stored
	}
	if err := d.checkChild(i, c); err != nil {
		return nil, corrupt(r.id, err)
	}
	return c, nil
}
