package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// tree is a tree and the number of its entries, which is known before any of it is read.
type tree struct {
	index.Tree
	n    uint64
	name cid.Cid // what it is known by where the root is not: see late
}

// pair is what holds now in one order, and what is over: assertions that were
// retracted or replaced, and all retractions.
type pair struct{ now, was tree }

func (p pair) empty() bool { return p.now.n == 0 && p.was.n == 0 }

// attrTrees are the trees of one attribute.
type attrTrees struct {
	id         ID
	aevt, avet pair
}

// kindTree is the names index of one kind.
type kindTree struct {
	kind   string
	tree   tree
	newest uint64
}

// trees are all of a database, none of them empty but for eavt's.
type trees struct {
	eavt  pair
	attrs []attrTrees // by key order of the attribute
	names []kindTree  // by kind
}

func emptyPair(n *index.Nodes, order Index) pair {
	return pair{
		now: tree{Tree: index.Empty(n, datomLayout{order: order})},
		was: tree{Tree: index.Empty(n, datomLayout{order: order, history: true})},
	}
}

func emptyAttr(n *index.Nodes, a ID) attrTrees {
	return attrTrees{id: a, aevt: emptyPair(n, AEVT), avet: emptyPair(n, AVET)}
}

func emptyTrees(n *index.Nodes) trees { return trees{eavt: emptyPair(n, EAVT)} }

// compareAttrs orders attributes as keys do.
func compareAttrs(a, b ID) int { return cmp.Compare(a-dbPart, b-dbPart) }

func (t *trees) findAttr(a ID) (int, bool) {
	return slices.BinarySearchFunc(t.attrs, a, func(x attrTrees, a ID) int { return compareAttrs(x.id, a) })
}

// attr is the trees of attribute a; ok is false when it has no datoms.
func (t *trees) attr(a ID) (attrTrees, bool) {
	i, ok := t.findAttr(a)
	if !ok {
		return attrTrees{}, false
	}
	return t.attrs[i], true
}

func (t *trees) findKind(kind string) (int, bool) {
	return slices.BinarySearchFunc(t.names, kind, func(x kindTree, k string) int { return cmp.Compare(x.kind, k) })
}

// hasOut tells whether some values live out of line and are missing from AVET.
func (a attrTrees) hasOut() bool {
	return a.aevt.now.n != a.avet.now.n || a.aevt.was.n != a.avet.was.n
}

// edit returns the tree with edits made, which rise by key.
func (t tree) edit(ctx context.Context, edits []index.Edit) (tree, error) {
	if len(edits) == 0 {
		return t, nil
	}
	next, err := t.Edit(ctx, edits)
	if err != nil {
		return t, err
	}
	n, err := next.Len(ctx)
	if err != nil {
		return t, err
	}
	return tree{Tree: next, n: n}, nil
}

// flush hands the nodes that are not stored to out.
func (t tree) flush(out *writer) (tree, error) {
	var err error
	t.Tree, err = t.Flush(func(b cas.Block) error { return out.add(b) })
	return t, err
}

// each calls f with every tree, which f may replace.
func (t *trees) each(f func(*tree) error) error {
	all := []*tree{&t.eavt.now, &t.eavt.was}
	t.attrs, t.names = slices.Clone(t.attrs), slices.Clone(t.names)
	for i := range t.attrs {
		a := &t.attrs[i]
		all = append(all, &a.aevt.now, &a.avet.now, &a.aevt.was, &a.avet.was)
	}
	for i := range t.names {
		all = append(all, &t.names[i].tree)
	}
	for _, x := range all {
		if err := f(x); err != nil {
			return fmt.Errorf("tree: %w", err)
		}
	}
	return nil
}
