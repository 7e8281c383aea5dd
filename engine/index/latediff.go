package index

import (
	"bytes"
	"context"
	"iter"
)

// asStored is a tree as it was before edits that were put off, and the edits; ok is false where they cannot be had apart, or all are made already.
func (t Tree) asStored(ctx context.Context) (_ Tree, edits []Late, ok bool, err error) {
	l := t.late
	if l == nil {
		return t, nil, true, nil
	}
	if l.Made != nil {
		if made, ok := l.Made(); ok {
			return made, nil, true, nil
		}
	}
	if l.Edits == nil || l.Complete != nil {
		return t, nil, false, nil
	}
	edits, err = l.Edits(ctx)
	return Tree{nodes: t.nodes, layout: t.layout, root: l.base}, edits, true, err
}

// lateDiff compares what trees were before their edits, and the edits. Of the trees it reads what differs, and what is no more.
type lateDiff struct {
	old, new lateSide
	next     func() (Change, error, bool)
	below    Change // of what the trees were, the first that was not looked at
}

// lateSide is one of the two trees.
type lateSide struct {
	tree  Tree // before the edits
	late  *late
	edits []Late
	ahead int // how many edits are left when the next ones are looked at ahead
}

func openLateDiff(ctx context.Context, old, new Tree) (d *lateDiff, ok bool, err error) {
	if old.late == nil && new.late == nil {
		return nil, false, nil
	}
	d = &lateDiff{old: lateSide{late: old.late}, new: lateSide{late: new.late}}
	if d.old.tree, d.old.edits, ok, err = old.asStored(ctx); err != nil || !ok {
		return nil, false, err
	}
	if d.new.tree, d.new.edits, ok, err = new.asStored(ctx); err != nil || !ok {
		return nil, false, err
	}
	return d, true, nil
}

// forth goes on to the next key in which the trees differ.
func (d *lateDiff) forth() error {
	var err error
	d.below, err, _ = d.next()
	return err
}

// all yields the changes.
func (d *lateDiff) all(ctx context.Context, yield func(Change, error) bool) {
	var stop func()
	d.next, stop = iter.Pull2(Diff(ctx, d.old.tree, d.new.tree))
	defer stop()
	if err := d.forth(); err != nil {
		yield(Change{}, err)
		return
	}
	d.old.ahead, d.new.ahead = len(d.old.edits), len(d.new.edits)
	for {
		d.old.lookAhead(ctx, &d.new)
		d.new.lookAhead(ctx, &d.old)
		key := first(first(d.below.Key, d.old.key()), d.new.key())
		if key == nil {
			return
		}
		c, err := d.at(ctx, key)
		if err != nil {
			yield(Change{}, err)
			return
		}
		if (c.Old == nil) == (c.New == nil) && bytes.Equal(c.Old, c.New) {
			continue
		}
		if !yield(c, nil) {
			return
		}
	}
}

// at is what both have at a key, which is passed.
func (d *lateDiff) at(ctx context.Context, key []byte) (c Change, err error) {
	c.Key = key
	var below *Change
	if bytes.Equal(d.below.Key, key) {
		at := d.below
		below = &at
		if err := d.forth(); err != nil {
			return c, err
		}
	}
	was, now := value{}, value{}
	if below != nil {
		was, now = value{below.Old, true}, value{below.New, true}
	}
	was, oldHas, err := d.old.take(key, was)
	if err != nil {
		return c, err
	}
	now, newHas, err := d.new.take(key, now)
	if err != nil {
		return c, err
	}
	// What one side has of before its edits, where the trees do not differ, is what the edit of the other side found.
	if c.Old, err = d.old.value(ctx, key, was, newHas, d.new.late); err == nil {
		c.New, err = d.new.value(ctx, key, now, oldHas, d.old.late)
	}
	return c, err
}

// value is what a tree has at a key, nil for nothing.
type value struct {
	val   []byte
	known bool
}

func (s *lateSide) key() []byte {
	if len(s.edits) == 0 {
		return nil
	}
	return s.edits[0].Key
}

// take passes the edit of a key, if there is one, given what the tree had before where that is known. found is what the edit takes for granted: whether the tree had the key.
func (s *lateSide) take(key []byte, before value) (after value, found *bool, err error) {
	if !bytes.Equal(s.key(), key) {
		return before, nil, nil
	}
	e := s.edits[0]
	s.edits = s.edits[1:]
	had := !e.New
	if before.known && had != (before.val != nil) {
		return before, nil, (&lateNode{tree: s.late}).wrong(e)
	}
	if e.Delete {
		return value{nil, true}, &had, nil
	}
	return value{append([]byte{}, e.Val...), true}, &had, nil
}

// value is what the tree has at a key that it may have to be asked for. had is what the edit of the other side, which there is then, takes for granted.
func (s *lateSide) value(ctx context.Context, key []byte, v value, had *bool, other *late) ([]byte, error) {
	if v.known || !*had {
		return v.val, nil
	}
	val, ok, err := s.tree.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, (&lateNode{tree: other}).wrong(Late{Edit: Edit{Key: key}})
	}
	return append([]byte{}, val...), nil
}

// aheadEdits is how many edits are looked at ahead.
const aheadEdits = 256

// lookAhead reads at once what the other tree will be asked for about the next edits, where the store is made for that: those of keys that were there, and that the other side has no edit of.
func (s *lateSide) lookAhead(ctx context.Context, other *lateSide) {
	if len(s.edits) == 0 || len(s.edits) > s.ahead {
		return
	}
	next := s.edits[:min(len(s.edits), aheadEdits)]
	s.ahead = len(s.edits) - len(next)
	if other.tree.nodes.batch == nil {
		return
	}
	var keys [][]byte
	rest := other.edits
	for _, e := range next {
		for len(rest) > 0 && bytes.Compare(rest[0].Key, e.Key) < 0 {
			rest = rest[1:]
		}
		if !e.New && (len(rest) == 0 || !bytes.Equal(rest[0].Key, e.Key)) {
			keys = append(keys, e.Key)
		}
	}
	other.tree.Ahead(ctx, len(keys), func(i int) []byte { return keys[i] })
}

// first is the lesser of two keys; nil is none.
func first(a, b []byte) []byte {
	if a == nil || b != nil && bytes.Compare(b, a) < 0 {
		return b
	}
	return a
}
