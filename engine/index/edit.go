package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ipfs/go-cid"
)

// Edit returns the tree with edits made. Edits rise by key, each key once.
// Removing what is not there and setting what is there already change nothing
// (and then the tree keeps its nodes). The edits' bytes are not kept.
func (t Tree) Edit(ctx context.Context, edits []Edit) (Tree, error) {
	if len(edits) == 0 {
		return t, nil
	}
	steps, err := stepsOf(edits)
	if err != nil {
		return t, fmt.Errorf("index: edit: %w", err)
	}
	root, err := t.edit(ctx, steps)
	if errors.Is(err, errOrder) {
		return t, corrupt(t.root.cid(), err) // the edits rise
	}
	if err != nil {
		return t, fmt.Errorf("index: edit: %w", err)
	}
	t.root = root
	return t, nil
}

// step is what happens to one row of a level.
type step struct {
	row
	gone bool
}

func stepsOf(edits []Edit) ([]step, error) {
	steps := make([]step, len(edits))
	for i, e := range edits {
		if i > 0 && bytes.Compare(edits[i-1].Key, e.Key) >= 0 {
			return nil, fmt.Errorf("edits do not rise: %x follows %x", e.Key, edits[i-1].Key)
		}
		steps[i] = step{row{Entry: Entry{Key: e.Key, Val: e.Val}}, e.Delete}
	}
	return steps, nil
}

// edit takes steps on the leaves, turns the nodes that they replace into steps
// on the level above, and so on to the root.
func (t Tree) edit(ctx context.Context, steps []step) (ref, error) {
	if t.root.empty() {
		return t.grow(0, kept(steps))
	}
	top, err := t.top(ctx)
	if err != nil {
		return ref{}, err
	}
	memo := map[cid.Cid]*node{}
	var rows []row
	for level := 0; level <= top.level; level++ {
		e := levelEdit{cursor: cursor{tree: t, top: top, level: level, memo: memo}, todo: steps}
		if err := e.run(ctx); err != nil {
			return ref{}, err
		}
		rows, steps = e.added, replaced(e.removed, e.added)
		if len(steps) == 0 {
			return t.root, nil
		}
	}
	root, err := t.grow(top.level+1, rows)
	if err != nil {
		return ref{}, err
	}
	return t.shrink(ctx, root)
}

// grow makes a tree of all the rows of a level.
func (t Tree) grow(level int, rows []row) (ref, error) {
	if len(rows) == 1 && level > 0 {
		return rows[0].sub, nil
	}
	b := builder{layout: t.layout, base: level}
	for i := range rows {
		if err := b.add(0, &rows[i]); err != nil {
			return ref{}, err
		}
	}
	return b.finish()
}

// kept are the rows that steps leave where there was nothing before.
func kept(steps []step) []row {
	var rows []row
	for _, s := range steps {
		if !s.gone {
			rows = append(rows, s.row)
		}
	}
	return rows
}

// shrink gives up roots with a single child.
func (t Tree) shrink(ctx context.Context, r ref) (ref, error) {
	for !r.empty() {
		d, err := t.nodes.load(ctx, t.layout, r)
		if err != nil {
			return ref{}, err
		}
		if d.level == 0 || len(d.subs) > 1 {
			break
		}
		r = d.subs[0]
	}
	return r, nil
}

// levelEdit merges steps into the nodes of one level.
type levelEdit struct {
	cursor
	todo  []step
	this  row // of the current node
	out   *writer
	arena []byte // keys and values of the entries of the nodes being merged

	removed, added []row // nodes
}

// scratch is memory that edits use and give back.
type scratch struct {
	run   []Entry
	arena []byte
}

var scratches = sync.Pool{New: func() any { return &scratch{run: make([]Entry, 0, 512), arena: make([]byte, 0, 16<<10)} }}

// run merges all steps with scratch memory.
func (e *levelEdit) run(ctx context.Context) error {
	e.out = newWriter(e.tree.layout, e.level, func(r row) error {
		e.added = append(e.added, r)
		return nil
	})
	s := scratches.Get().(*scratch)
	e.out.run, e.arena = s.run[:0], s.arena[:0]
	err := e.merge(ctx)
	s.run, s.arena = e.out.run, e.arena
	scratches.Put(s)
	return err
}

// merge goes from the node of the first step to the next node until a new
// boundary coincides with an old one, then on to the node of the next step.
func (e *levelEdit) merge(ctx context.Context) error {
	for len(e.todo) > 0 {
		key := e.todo[0].Key
		for synced := false; !synced; synced = e.out.idle() {
			if err := e.seek(ctx, key); err != nil {
				return err
			}
			if err := e.mergeNode(); err != nil {
				return err
			}
			key = e.end
		}
	}
	return nil
}

// mergeNode writes the rows of the current node and the steps that fall into its range.
func (e *levelEdit) mergeNode() error {
	e.removed = append(e.removed, e.row)
	if e.out.idle() {
		e.arena = e.arena[:0]
	}
	rows := e.node.len()
	e.out.repeats(e.row, rows)
	for i := range rows {
		if err := e.mergeRow(i); err != nil {
			return err
		}
	}
	if err := e.insertBefore(e.end); err != nil {
		return err
	}
	if e.end == nil {
		return e.out.finish()
	}
	return nil
}

// mergeRow writes the steps before row i of the current node, and then the row
// or what a step makes of it.
func (e *levelEdit) mergeRow(i int) error {
	r := &e.this
	e.rowAt(i, r)
	if len(e.todo) == 0 || bytes.Compare(e.todo[0].Key, r.Key) > 0 {
		return e.out.add(r)
	}
	if err := e.insertBefore(r.Key); err != nil {
		return err
	}
	if len(e.todo) == 0 || !bytes.Equal(e.todo[0].Key, r.Key) {
		return e.out.add(r)
	}
	s := e.take()
	if s.gone || !s.equal(r) {
		e.out.differs()
	}
	if s.gone {
		return nil
	}
	return e.out.add(&s.row)
}

// insertBefore writes the steps before key, or all with a nil key.
func (e *levelEdit) insertBefore(key []byte) error {
	for len(e.todo) > 0 && (key == nil || bytes.Compare(e.todo[0].Key, key) < 0) {
		s := e.take()
		if s.gone {
			continue
		}
		e.out.differs()
		if err := e.out.add(&s.row); err != nil {
			return err
		}
	}
	return nil
}

func (e *levelEdit) take() *step {
	s := &e.todo[0]
	e.todo = e.todo[1:]
	return s
}

// rowAt puts row i of the current node into r; an entry's bytes are copied to the arena.
func (e *levelEdit) rowAt(i int, r *row) {
	d := e.node
	if d.level > 0 {
		r.Key, r.sub = d.keys.at(i), d.subs[i]
		return
	}
	start := len(e.arena)
	e.arena = d.leaf.AppendKey(e.arena, i)
	mid := len(e.arena)
	e.arena = d.leaf.AppendVal(e.arena, i)
	r.Key, r.Val = e.arena[start:mid:mid], e.arena[mid:len(e.arena):len(e.arena)]
}

func (r *row) equal(o *row) bool { return bytes.Equal(r.Val, o.Val) && r.sub.same(o.sub) }

// replaced turns the nodes that a level lost and gained into steps for the
// level above. Nodes that are still there are not mentioned.
func replaced(removed, added []row) []step {
	var steps []step
	for len(removed)+len(added) > 0 {
		switch c := order(removed, added); {
		case c < 0:
			steps = append(steps, step{removed[0], true})
			removed = removed[1:]
		case c > 0:
			steps = append(steps, step{added[0], false})
			added = added[1:]
		default:
			if !added[0].sub.same(removed[0].sub) {
				steps = append(steps, step{added[0], false})
			}
			removed, added = removed[1:], added[1:]
		}
	}
	return steps
}

// order compares the first keys; an empty list comes last.
func order(a, b []row) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return bytes.Compare(a[0].Key, b[0].Key)
}
