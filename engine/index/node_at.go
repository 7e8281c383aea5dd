package index

import (
	"context"

	"github.com/ipfs/go-cid"
)

// Node is what one stored node holds: a leaf, or children one level below.
type Node struct {
	Level    int
	Leaf     Leaf // of level 0
	Children []Child
}

// Child is a child of a branch and its smallest key.
type Child struct {
	CID   cid.Cid
	First []byte
}

// Node reads the node id of a tree with the layout l. The error is a *cas.CorruptError when it is none.
func (n *Nodes) Node(ctx context.Context, l Layout, id cid.Cid) (Node, error) {
	d, err := n.load(ctx, l, ref{id: id})
	if err != nil || d.level == 0 {
		return Node{Leaf: leafOf(d)}, err
	}
	children := make([]Child, len(d.subs))
	for i, s := range d.subs {
		children[i] = Child{CID: s.cid(), First: d.keys.at(i)}
	}
	return Node{Level: d.level, Children: children}, nil
}

func leafOf(d *node) Leaf {
	if d == nil {
		return nil
	}
	return d.leaf
}
