package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"

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
		return t, err
	}
	if t, err = t.whole(ctx); err != nil {
		return t, err
	}
	root, err := t.edit(ctx, steps)
	if errors.Is(err, errOrder) {
		return t, corrupt(t.root.cid(), err) // the edits rise
	}
	if err != nil {
		return t, err
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
			return nil, fmt.Errorf("index: edits do not rise: %x follows %x", e.Key, edits[i-1].Key)
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
	t.Ahead(ctx, len(steps), func(i int) []byte { return steps[i].Key })
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
