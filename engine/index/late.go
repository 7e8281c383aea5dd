package index

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Late is an edit of which it is known beforehand whether the tree has its key: New sets one that is not there, Delete removes one that is, and
// otherwise the entry of a key that is there becomes another.
type Late struct {
	Edit
	New bool
	Low []byte // where the key is not known to the last byte, the least that it may be, and Key is the most; nil where it is known
}

// low is the least that the key may be.
func (e *Late) low() []byte {
	if e.Low != nil {
		return e.Low
	}
	return e.Key
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
	// Complete gives those edits of one leaf their keys that have a Low. Between Low and Key no other edit may lie, and in the tree nothing but what comes before the key. nil where no edit has a Low.
	Complete func(ctx context.Context, edits []Late) ([]Late, error)
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
		m.root, err = l.of(t.layout, edits)
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

// editsInLeaf is how many edits make a leaf where there was no tree before.
const editsInLeaf = 256

// of is a tree of nothing but edits, of two levels at most.
func (l *late) of(layout Layout, edits []Late) (ref, error) {
	root := &node{kind: layout.Kind(), sums: layout.Sums(), level: 1, first: edits[0].low()}
	for run := range slices.Chunk(edits, editsInLeaf) {
		x := &lateNode{tree: l, edits: run}
		count, err := x.grown(0, run)
		if err != nil {
			return ref{}, err
		}
		if len(run) == len(edits) {
			return ref{late: x, count: count}, nil
		}
		root.keys.append(run[0].low())
		root.subs = append(root.subs, ref{late: x, count: count})
		root.count += count
	}
	x := &lateNode{tree: l}
	x.made.Store(root)
	return ref{late: x, count: root.count}, nil
}
