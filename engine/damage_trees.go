package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// treeNode is a node in its tree: attributes with the same values share nodes.
type treeNode struct {
	tree string
	id   cid.Cid
}

// damagedTree is a tree in which faults are looked for.
type damagedTree struct {
	name   string // "EAVT", "history of AVET of :a/b", "names of kind customer"
	lost   string // what cannot be read without some of it
	attr   string // its attribute, where it has one
	layout index.Layout
	schema *Schema
}

var orderNames = [...]string{EAVT: "EAVT", AEVT: "AEVT", AVET: "AVET"}

// bounds are the keys between which a node lies, from its smallest on to below the smallest of the next; nil where there is none.
type bounds struct{ from, to []byte }

// ofBase is the faults in the snapshot that c is opened from; there is false when that was thinned out, and c is opened from an older one.
func (x *inquest) ofBase(ctx context.Context, c Commit) (faults []int, there bool, err error) {
	if known, ok := x.bases[c.Base]; ok {
		return known, true, nil
	}
	if i, ok := x.at[c.Base]; ok {
		x.bases[c.Base] = []int{i}
		x.found[i].tell("snapshot", "everything in the commits that are opened from it")
		return x.bases[c.Base], true, nil
	}
	s, err := readSnapshot(ctx, x.env, x.env, c.Base)
	if errors.Is(err, cas.ErrNotFound) && x.missing(c.Base) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var all []int
	err = s.eachTree(func(t damagedTree, root tree) error {
		id, err := root.Root()
		if err != nil || root.n == 0 {
			return err
		}
		found, err := x.ofNode(ctx, t, id, -1, bounds{})
		all = append(all, found...)
		return err
	})
	x.bases[c.Base] = distinct(all)
	return x.bases[c.Base], true, err
}

// eachTree calls f with every tree of a snapshot.
func (s *state) eachTree(f func(damagedTree, tree) error) error {
	both := func(p pair, order Index, of, now, was string) error {
		t := damagedTree{name: orderNames[order], attr: of, lost: now, layout: datomLayout{order: order}, schema: s.schema}
		if of != "" {
			t.name += " of :" + of
		}
		if err := f(t, p.now); err != nil {
			return err
		}
		t.name, t.lost, t.layout = "history of "+t.name, was, datomLayout{order: order, history: true}
		return f(t, p.was)
	}
	if err := both(s.trees.eavt, EAVT, "", "what these entities are", "what these entities were"); err != nil {
		return err
	}
	for _, a := range s.trees.attrs {
		ident := s.identOf(a.id)
		if err := both(a.aevt, AEVT, ident, ":"+ident+" of these entities, by attribute", ":"+ident+" that these entities had, by attribute"); err != nil {
			return err
		}
		if err := both(a.avet, AVET, ident, "which entities have these values of :"+ident, "which entities had these values of :"+ident); err != nil {
			return err
		}
	}
	for _, k := range s.trees.names {
		t := damagedTree{name: "names of kind " + k.kind, lost: "which entities of kind " + k.kind + " have these names", layout: nameLayout{}}
		if err := f(t, k.tree); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) identOf(id ID) string {
	if a, ok := s.schema.ByID(id); ok {
		return a.Ident
	}
	return fmt.Sprint(uint64(id))
}

// ofNode is the faults in a node and below it. level is −1 where it is not known.
func (x *inquest) ofNode(ctx context.Context, t damagedTree, id cid.Cid, level int, b bounds) ([]int, error) {
	at := treeNode{t.name, id}
	if known, ok := x.trees[at]; ok {
		return known, nil
	}
	if i, ok := x.at[id]; ok {
		x.found[i].tell(t.describe(level, b), t.lost)
		x.trees[at] = []int{i}
		return x.trees[at], nil
	}
	if level == 0 && !x.values {
		return nil, nil
	}
	n, err := x.env.nodes.Node(ctx, t.layout, id)
	if err != nil {
		return nil, err
	}
	var all []int
	if leaf, ok := n.Leaf.(*datomLeaf); ok {
		all = x.ofLeaf(t, leaf)
	}
	for i, c := range n.Children {
		below := bounds{c.First, b.to}
		if i+1 < len(n.Children) {
			below.to = n.Children[i+1].First
		}
		found, err := x.ofNode(ctx, t, c.CID, n.Level-1, below)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	x.trees[at] = distinct(all)
	return x.trees[at], nil
}

// ofLeaf is the faults among the values of a leaf that live out of line.
func (x *inquest) ofLeaf(t damagedTree, leaf *datomLeaf) (all []int) {
	for row, v := range leaf.V {
		i, ok := x.at[v.Link()]
		if !v.out || !ok {
			continue
		}
		attr := t.attr
		if leaf.A != nil {
			attr = (&state{schema: t.schema}).identOf(leaf.A[row])
		}
		x.found[i].tell(fmt.Sprintf("value of entity %d, :%s, out of line", leaf.E[row], attr), fmt.Sprintf("%d bytes", v.num))
		all = append(all, i)
	}
	return all
}

// describe tells a node by its place in the tree.
func (t damagedTree) describe(level int, b bounds) string {
	what := "branch"
	switch {
	case level < 0:
		return "root of " + t.name + ", all of it"
	case level == 0:
		what = "leaf"
	}
	what += " of " + t.name + ", "
	from, noun := t.key(b.from)
	if b.to == nil {
		return what + noun + " from " + from + " on"
	}
	to, _ := t.key(b.to)
	return what + noun + " " + from + " to " + to
}

// key tells the first part of a key, and what that is.
func (t damagedTree) key(key []byte) (text, noun string) {
	l, ok := t.layout.(datomLayout)
	if !ok {
		return fmt.Sprintf("%q", key), "names"
	}
	r := keyReader{rest: string(key)}
	if l.order != AVET {
		return fmt.Sprint(r.uint()), "entities"
	}
	return short(edn.Append(nil, ToEDN(r.value()))), "values"
}

// short cuts a text that is only to be recognized.
func short(text []byte) string {
	const most = 60
	if len(text) <= most {
		return string(text)
	}
	return fmt.Sprintf("%.*s…", most, text)
}
