package index

import (
	"bytes"
	"context"

	"github.com/ipfs/go-cid"
)

// cursor moves forward over the nodes of one level of a tree.
type cursor struct {
	tree  Tree
	top   *node
	level int
	memo  map[cid.Cid]*node // branches that this edit has read already

	path []frame // open branches, from the root down to the parents of level
	node *node
	row  row    // the node as its parent has it
	end  []byte // the first key of the next node of the level; nil when there is none
}

// frame is an open branch and where its range ends (nil: nowhere).
type frame struct {
	node *node
	end  []byte
}

// seek moves to the node whose range contains key, which is not before the current one.
func (c *cursor) seek(ctx context.Context, key []byte) error {
	for len(c.path) > 0 && c.path[len(c.path)-1].passed(key) {
		c.path = c.path[:len(c.path)-1]
	}
	if len(c.path) == 0 {
		c.path = append(c.path, frame{node: c.top})
		c.node, c.row, c.end = c.top, row{Entry{Key: c.top.first}, c.root()}, nil
	}
	for f := c.path[len(c.path)-1]; f.node.level > c.level; {
		next, err := c.down(ctx, f, f.node.find(key))
		if err != nil {
			return err
		}
		if f = next; f.node.level > c.level {
			c.path = append(c.path, f)
		}
	}
	return nil
}

// root is the whole tree as a branch above it would have it: of a tree that was opened, the ref does not say how much it holds.
func (c *cursor) root() ref {
	r := c.tree.root
	r.count, r.max = c.top.count, c.top.max
	return r
}

// down makes child i of f the current node.
func (c *cursor) down(ctx context.Context, f frame, i int) (frame, error) {
	d, err := c.child(ctx, f.node, i)
	if err != nil {
		return frame{}, err
	}
	end := f.end
	if i+1 < len(f.node.subs) {
		end = f.node.keys.at(i + 1)
	}
	c.node, c.row, c.end = d, row{Entry{Key: f.node.keys.at(i)}, f.node.subs[i]}, end
	return frame{node: d, end: end}, nil
}

func (c *cursor) child(ctx context.Context, d *node, i int) (*node, error) {
	r := d.subs[i]
	if r.fresh != nil || d.level == 1 {
		return c.tree.child(ctx, d, i)
	}
	if known, ok := c.memo[r.id]; ok {
		return known, nil
	}
	child, err := c.tree.child(ctx, d, i)
	if err == nil {
		c.memo[r.id] = child
	}
	return child, err
}

func (f frame) passed(key []byte) bool { return f.end != nil && bytes.Compare(key, f.end) >= 0 }
