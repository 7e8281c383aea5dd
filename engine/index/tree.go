// Package index keeps sorted sets of byte keys in content-addressed blocks.
//
// Trees are content-defined: where a node ends depends only on the keys in it,
// so two trees with the same entries have the same blocks and the same root,
// in whatever order they were built. The package knows nothing of datoms: how
// a run of entries is laid out in a leaf is its caller's Layout.
package index

import (
	"context"
	"iter"

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
	// nothing but the entries.
	Encode(run []Entry) ([]byte, error)
	// Decode reads what Encode wrote. It refuses anything that Encode would not
	// have written: order, kind, level, no entries, non-canonical numbers,
	// trailing bytes. The leaf may alias data.
	Decode(data []byte) (Leaf, error)
	// Sums tells whether branches carry the maximum of Leaf.Max.
	Sums() bool
}

// Nodes reads nodes and keeps decoded ones by CID, within a limit of bytes.
// Nothing in it is ever invalidated: a CID always means the same node.
type Nodes struct{}

// NewNodes reads from g and keeps up to cacheBytes of decoded nodes.
func NewNodes(g cas.Getter, cacheBytes int64) *Nodes { panic("spec") }

// Tree is an immutable sorted set. The zero Tree is not valid: use Empty, Open or Build.
// A tree that was edited holds its new nodes in memory until Flush.
type Tree struct{}

func Empty(n *Nodes, l Layout) Tree { panic("spec") }

// Open does not read anything: the root is loaded at first use. cid.Undef is the empty tree.
func Open(n *Nodes, l Layout, root cid.Cid) Tree { panic("spec") }

// Build makes a tree of entries in rising key order, in one pass. It holds
// only one node a level when sink is not nil: finished blocks go to sink,
// children first.
func Build(ctx context.Context, n *Nodes, l Layout, entries iter.Seq2[Entry, error], sink func(cas.Block) error) (Tree, error) {
	panic("spec")
}

// Root is the CID of the canonical tree with these entries, cid.Undef when it is empty. It encodes and hashes
// what was not hashed yet, but stores nothing.
func (t Tree) Root() (cid.Cid, error) { panic("spec") }

// Flush hands every block that is not stored yet to sink, children first, and
// returns the same tree with those nodes given up to the store.
func (t Tree) Flush(sink func(cas.Block) error) (Tree, error) { panic("spec") }

// Edit returns the tree with edits made. Edits rise by key, each key once.
// Removing what is not there and setting what is there already change nothing
// (and then the tree keeps its nodes).
func (t Tree) Edit(ctx context.Context, edits []Edit) (Tree, error) { panic("spec") }

// Get returns the value at key.
func (t Tree) Get(ctx context.Context, key []byte) (val []byte, ok bool, err error) { panic("spec") }

// Run is rows [Lo, Hi) of one leaf, all inside the range that was asked for.
type Run struct {
	Leaf   Leaf
	Lo, Hi int
}

// Scan yields the entries with lo <= key < hi in rising order, a leaf at a time. A nil
// hi means to the end.
func (t Tree) Scan(ctx context.Context, lo, hi []byte) iter.Seq2[Run, error] { panic("spec") }

// ScanBack yields the same runs, last leaf first; rows within a run still rise.
func (t Tree) ScanBack(ctx context.Context, lo, hi []byte) iter.Seq2[Run, error] { panic("spec") }

// Len is the number of entries: reads at most the root.
func (t Tree) Len(ctx context.Context) (uint64, error) { panic("spec") }

// Rank is the number of keys less than key, in O(log n) reads.
func (t Tree) Rank(ctx context.Context, key []byte) (uint64, error) { panic("spec") }

// Count is the number of entries with lo <= key < hi, in O(log n) reads.
func (t Tree) Count(ctx context.Context, lo, hi []byte) (uint64, error) { panic("spec") }

// At yields runs from the nth entry (counting from 0) on.
func (t Tree) At(ctx context.Context, n uint64) iter.Seq2[Run, error] { panic("spec") }

// Max is the largest Leaf.Max over all entries with lo <= key < hi: branches answer for whole subtrees.
func (t Tree) Max(ctx context.Context, lo, hi []byte) (uint64, error) { panic("spec") }

// Change is a key whose entry differs between two trees; nil means absent there, an empty
// non-nil slice an empty value.
type Change struct{ Key, Old, New []byte }

// Diff yields what differs, in key order, and descends only where CIDs differ.
func Diff(ctx context.Context, old, new Tree) iter.Seq2[Change, error] { panic("spec") }
