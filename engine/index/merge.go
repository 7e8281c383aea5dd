package index

import (
	"bytes"
	"context"
	"sync"
)

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

// maxScratch is how large an arena may be to be kept for the next edit.
const maxScratch = 1 << 20

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
	if cap(e.arena) <= maxScratch {
		s.run, s.arena = e.out.run, e.arena
		scratches.Put(s)
	}
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
