package index

import (
	"context"
	"iter"

	"github.com/dhfs/dhfs/cas"
)

// Build makes a tree of entries in rising key order, in one pass. It holds
// only one node a level when sink is not nil: finished blocks go to sink,
// children first. The entries' bytes are not kept. Errors of entries and sink
// are returned as they are.
func Build(ctx context.Context, n *Nodes, l Layout, entries iter.Seq2[Entry, error], sink func(cas.Block) error) (Tree, error) {
	b := builder{layout: l, sink: sink}
	for e, err := range entries {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = b.addEntry(e)
		}
		if err != nil {
			return Tree{}, err
		}
	}
	root, err := b.finish()
	if err != nil {
		return Tree{}, err
	}
	return Tree{nodes: n, layout: l, root: root}, nil
}

// builder writes all levels from the rows of the lowest.
type builder struct {
	layout Layout
	base   int // the level of the rows that are added
	sink   func(cas.Block) error
	levels []*writer
	newest ref    // the node finished last
	arena  []byte // the bytes of the entries of the open leaf
}

// addEntry appends a copy of e to the leaves.
func (b *builder) addEntry(e Entry) error {
	if len(b.levels) > 0 && b.levels[0].idle() {
		b.arena = b.arena[:0]
	}
	start := len(b.arena)
	b.arena = append(append(b.arena, e.Key...), e.Val...)
	mid, end := start+len(e.Key), len(b.arena)
	return b.add(0, &row{Entry: Entry{Key: b.arena[start:mid:mid], Val: b.arena[mid:end:end]}})
}

// add appends a row to level base+i.
func (b *builder) add(i int, r *row) error {
	if i == len(b.levels) {
		b.levels = append(b.levels, newWriter(b.layout, b.base+i, func(r row) error { return b.finished(i, r) }))
	}
	return b.levels[i].add(r)
}

// finished passes a node of level base+i on to the sink and to its parent.
func (b *builder) finished(i int, r row) error {
	if b.sink != nil {
		block := r.sub.fresh.seal()
		if err := b.sink(block); err != nil {
			return err
		}
		r.sub.fresh, r.sub.id = nil, block.CID()
	}
	b.newest = r.sub
	return b.add(i+1, &r)
}

// finish ends the open nodes from below. The root is the first that is alone on
// its level.
func (b *builder) finish() (ref, error) {
	for i := 0; i < len(b.levels); i++ {
		w := b.levels[i]
		if err := w.finish(); err != nil {
			return ref{}, err
		}
		if w.made == 1 {
			return b.newest, nil
		}
	}
	return ref{}, nil
}
