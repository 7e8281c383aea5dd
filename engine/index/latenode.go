package index

import (
	"bytes"
	"context"
	"fmt"
	"sort"
	"sync/atomic"
)

// lateNode is a stored node with the edits that fall into its range.
type lateNode struct {
	tree  *late
	of    ref   // empty where there is nothing but the edits
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
	d, err := &node{kind: l.Kind(), sums: l.Sums(), leaf: noLeaf{}}, error(nil)
	if !x.of.empty() {
		d, err = n.load(ctx, l, x.of)
	}
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
		d, err = x.leaf(ctx, l, d)
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
	if key := x.edits[0].low(); bytes.Compare(key, d.first) < 0 { // a range that ends before all that was there is not empty
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
func (x *lateNode) leaf(ctx context.Context, l Layout, d *node) (*node, error) {
	rows, todo := d.leaf.Len(), x.edits
	if x.tree.Complete != nil {
		var err error
		if todo, err = x.tree.Complete(ctx, todo); err != nil {
			return nil, err
		}
	}
	run := make([]Entry, 0, rows+len(todo))
	var arena []byte
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
