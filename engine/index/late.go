package index

import (
	"bytes"
	"context"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
)

// Late is an edit of which it is known beforehand whether the tree has its key: New sets one that is not there, Delete removes one that is, and
// otherwise the entry of a key that is there becomes another.
type Late struct {
	Edit
	New bool
}

func (e *Late) grows() int64 {
	switch {
	case e.Delete:
		return -1
	case e.New:
		return 1
	}
	return 0
}

// Later tells how edits are put off.
type Later struct {
	// Edits rise by key, each key once; they are asked for at the first read, and at the first one after Drop. Where it is nil, there is nothing to read before all edits were made.
	Edits func(ctx context.Context) ([]Late, error)
	// Whole makes all edits: the canonical tree.
	Whole func(ctx context.Context) (Tree, error)
	// Made is the canonical tree where it is at hand. It is asked for at every read; nil where it never is.
	Made func() (Tree, bool)
	// Bytes counts what is in memory of the nodes that were made for reading, about; nil where nobody wants to know.
	Bytes *atomic.Int64
	// Wrong is the error when the tree is not what an edit takes for granted.
	Wrong func(reason string) error
}

// Later is the tree with edits that are made where somebody reads: Get, Rank, Count, Len and the scans merge them into the leaves that they come upon. What needs the canonical tree
// makes all of them first. The layout must not sum.
func (t Tree) Later(l Later) Tree {
	t.late = &late{Later: l, base: t.root}
	return t
}

// late is what a tree has to be edited by.
type late struct {
	Later
	base ref

	mu     sync.Mutex // held to make the root
	merged atomic.Pointer[merged]
}

// count adds what a node takes that was made for reading.
func (l *late) count(bytes int64) {
	if l.Bytes != nil {
		l.Bytes.Add(bytes)
	}
}

// merged is the root below which edits are merged.
type merged struct{ root ref }

// whole is the canonical tree.
func (t Tree) whole(ctx context.Context) (Tree, error) {
	if t.late == nil {
		return t, nil
	}
	return t.late.Whole(ctx)
}

// readable is a tree of which nodes can be loaded, canonical or not.
func (t Tree) readable(ctx context.Context) (Tree, error) {
	l := t.late
	if l == nil {
		return t, nil
	}
	if l.Made != nil {
		if made, ok := l.Made(); ok {
			return made, nil
		}
	}
	if l.Edits == nil {
		return l.Whole(ctx)
	}
	m := l.merged.Load()
	if m == nil {
		var err error
		if m, err = l.merge(ctx, t); err != nil {
			return t, err
		}
	}
	t.root, t.late = m.root, nil
	return t, nil
}

// merge makes the root.
func (l *late) merge(ctx context.Context, t Tree) (*merged, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := l.merged.Load(); m != nil {
		return m, nil
	}
	edits, err := l.Edits(ctx)
	if err != nil {
		return nil, err
	}
	m := &merged{l.base}
	switch {
	case len(edits) == 0:
	case l.base.empty():
		m.root, err = t.of(ctx, edits)
	default:
		m.root = ref{late: &lateNode{tree: l, of: l.base, edits: edits}}
	}
	if err != nil {
		return nil, err
	}
	l.merged.Store(m)
	return m, nil
}

// Drop gives up what was made for reading. It is made again when somebody reads; who reads now is not disturbed.
func (t Tree) Drop() {
	if t.late != nil {
		t.late.merged.Store(nil)
	}
}

// Unstored is about how many bytes of memory nodes take that are not stored. Edits that were put off have none.
func (t Tree) Unstored() int64 { return t.root.unstored() }

func (r ref) unstored() (n int64) {
	if r.fresh == nil {
		return 0
	}
	n = int64(2 * r.fresh.node.bytes()) // decoded, and as it will be stored
	for _, sub := range r.fresh.node.subs {
		n += sub.unstored()
	}
	return n
}

// of is a tree of nothing but edits. No block is read for it.
func (t Tree) of(ctx context.Context, edits []Late) (ref, error) {
	plain := make([]Edit, len(edits))
	for i, e := range edits {
		if !e.New {
			return ref{}, (&lateNode{tree: t.late}).wrong(e)
		}
		plain[i] = e.Edit
	}
	made, err := Empty(t.nodes, t.layout).Edit(ctx, plain)
	t.late.count(made.root.unstored())
	return made.root, err
}

// lateNode is a stored node with the edits that fall into its range.
type lateNode struct {
	tree  *late
	of    ref
	in    *node // the parent as it is stored, nil of the root
	at    int   // which child
	edits []Late
	made  atomic.Pointer[node]
}

// lateNode makes the node, once.
func (n *Nodes) lateNode(ctx context.Context, l Layout, x *lateNode) (*node, error) {
	if d := x.made.Load(); d != nil {
		return d, nil
	}
	d, err := n.load(ctx, l, x.of)
	if err != nil {
		return nil, err
	}
	if x.in != nil {
		if err := x.in.checkChild(x.at, d); err != nil {
			return nil, corrupt(x.of.id, err)
		}
	}
	if d.level > 0 {
		d, err = x.branch(d)
	} else {
		d, err = x.leaf(l, d)
	}
	if err != nil {
		return nil, err
	}
	if x.made.CompareAndSwap(nil, d) {
		x.tree.count(int64(2 * d.bytes()))
	}
	return d, nil
}

// branch hands the edits down. Where nodes end stays as it was.
func (x *lateNode) branch(d *node) (*node, error) {
	next := *d
	next.subs = append([]ref(nil), d.subs...)
	if key := x.edits[0].Key; bytes.Compare(key, d.first) < 0 { // a range that ends before all that was there is not empty
		next.keys = keys{}
		next.keys.append(key)
		for i := 1; i < len(d.subs); i++ {
			next.keys.append(d.keys.at(i))
		}
		next.first = next.keys.at(0)
	}
	for rest := x.edits; len(rest) > 0; {
		i, n := d.find(rest[0].Key), len(rest)
		if i+1 < len(d.subs) {
			end := d.keys.at(i + 1)
			n = sort.Search(len(rest), func(j int) bool { return bytes.Compare(rest[j].Key, end) >= 0 })
		}
		r := d.subs[i]
		count, err := x.grown(r.count, rest[:n])
		if err != nil {
			return nil, err
		}
		next.subs[i] = ref{late: &lateNode{tree: x.tree, of: r, in: d, at: i, edits: rest[:n]}, count: count, max: r.max}
		rest = rest[n:]
	}
	var err error
	next.count, err = x.grown(d.count, x.edits)
	return &next, err
}

// grown is how many entries there are after edits.
func (x *lateNode) grown(count uint64, edits []Late) (uint64, error) {
	n := int64(count)
	for i := range edits {
		n += edits[i].grows()
	}
	if n < 0 {
		return 0, x.tree.Wrong("more is removed than there was")
	}
	return uint64(n), nil
}

// leaf makes the edits. The leaf may be longer than any that is stored.
func (x *lateNode) leaf(l Layout, d *node) (*node, error) {
	rows := d.leaf.Len()
	run := make([]Entry, 0, rows+len(x.edits))
	var arena []byte
	todo := x.edits
	for i := range rows {
		start := len(arena)
		arena = d.leaf.AppendKey(arena, i)
		mid := len(arena)
		arena = d.leaf.AppendVal(arena, i)
		row := Entry{arena[start:mid:mid], arena[mid:len(arena):len(arena)]}
		c := -1
		for len(todo) > 0 {
			if c = bytes.Compare(todo[0].Key, row.Key); c >= 0 {
				break
			}
			if !todo[0].New {
				return nil, x.wrong(todo[0])
			}
			run, todo = append(run, Entry{todo[0].Key, todo[0].Val}), todo[1:]
		}
		switch {
		case len(todo) == 0 || c > 0:
			run = append(run, row)
			continue
		case todo[0].New:
			return nil, x.wrong(todo[0])
		case !todo[0].Delete:
			run = append(run, Entry{row.Key, todo[0].Val})
		}
		todo = todo[1:]
	}
	for _, e := range todo {
		if !e.New {
			return nil, x.wrong(e)
		}
		run = append(run, Entry{e.Key, e.Val})
	}
	if len(run) == 0 {
		return &node{kind: d.kind, sums: d.sums, first: d.first, leaf: noLeaf{}}, nil
	}
	f, err := newLeaf(l, run)
	if err != nil {
		return nil, err
	}
	return f.node, nil
}

func (x *lateNode) wrong(e Late) error {
	if e.New {
		return x.tree.Wrong(fmt.Sprintf("what is added with key %x is there already", e.Key))
	}
	return x.tree.Wrong(fmt.Sprintf("what is removed or replaced with key %x is not there", e.Key))
}

// noLeaf is a leaf that lost all entries. Scans pass it by.
type noLeaf struct{}

func (noLeaf) Len() int                           { return 0 }
func (noLeaf) AppendKey(dst []byte, _ int) []byte { return dst }
func (noLeaf) AppendVal(dst []byte, _ int) []byte { return dst }
func (noLeaf) Search([]byte) int                  { return 0 }
func (noLeaf) Max() uint64                        { return 0 }
func (noLeaf) Bytes() int                         { return 0 }
