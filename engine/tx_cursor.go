package engine

import (
	"cmp"
	"context"
	"fmt"
	"sort"
)

// cursor reads a tree of what is now at rising keys. It seeks once for every
// leaf that it comes upon, however many keys are in it.
type cursor struct {
	tree   tree
	leaf   *datomLeaf // nil before the first seek, and past the end
	lo, hi int        // the leaf's rows that are still ahead
}

// seek moves to the leaf with the first key that is not less than key.
func (c *cursor) seek(ctx context.Context, key []byte) error {
	c.leaf = nil
	if c.tree.n == 0 {
		return nil
	}
	for run, err := range c.tree.Scan(ctx, key, nil) {
		if err != nil {
			return err
		}
		c.leaf, c.lo, c.hi = run.Leaf.(*datomLeaf), run.Lo, run.Hi
		break
	}
	return nil
}

// entityCursor reads values by entity and attribute.
type entityCursor struct {
	cursor
	key []byte
}

// values are those of attribute a of entity e, in order. ok is false when they may go on in
// the next leaf or live out of line: then they are to be read in another way.
func (c *entityCursor) values(ctx context.Context, e, a ID) (vals []Value, ok bool, err error) {
	if c.leaf == nil || c.compare(c.hi-1, e, a) < 0 {
		c.key = appendUint(appendUint(c.key[:0], uint64(e)), uint64(a-dbPart))
		if err := c.seek(ctx, c.key); err != nil || c.leaf == nil {
			return nil, true, err
		}
	}
	c.lo += sort.Search(c.hi-c.lo, func(i int) bool { return c.compare(c.lo+i, e, a) >= 0 })
	end := c.lo
	for end < c.hi && c.compare(end, e, a) == 0 {
		end++
	}
	return c.leaf.V[c.lo:end], end < c.hi && !c.leaf.out, nil
}

func (c *entityCursor) compare(row int, e, a ID) int {
	if n := cmp.Compare(c.leaf.E[row], e); n != 0 {
		return n
	}
	return cmp.Compare(c.leaf.A[row], a)
}

// valueCursor reads entities by the value of one attribute.
type valueCursor struct {
	cursor
	key []byte
}

// entity is who has value v, 0 when nobody has.
func (c *valueCursor) entity(ctx context.Context, v Value) (ID, error) {
	if c.leaf == nil || Compare(c.leaf.V[c.hi-1], v) < 0 {
		c.key = appendValue(c.key[:0], v)
		if err := c.seek(ctx, c.key); err != nil || c.leaf == nil {
			return 0, err
		}
	}
	c.lo += sort.Search(c.hi-c.lo, func(i int) bool { return Compare(c.leaf.V[c.lo+i], v) >= 0 })
	if c.lo < c.hi && c.leaf.V[c.lo] == v {
		return c.leaf.E[c.lo], nil
	}
	return 0, nil
}

// holders finds who has the values of claims, which are sorted and all on attribute a.
func (x *tx) holders(ctx context.Context, a *Attribute, claims []claim) error {
	trees, _ := x.db.s.trees.attr(a.ID)
	values := valueCursor{cursor: cursor{tree: trees.avet.now}}
	for i := range claims {
		c := &claims[i]
		if c.looked {
			continue
		}
		id, err := x.holder(ctx, &values, a, c.v)
		if err != nil {
			return fmt.Errorf("look up %s: %w", showRef(a, c.v), err)
		}
		c.looked, c.holder = true, id
	}
	return nil
}

// holder is who had value v of the unique attribute a before the transaction; 0: nobody.
func (x *tx) holder(ctx context.Context, values *valueCursor, a *Attribute, v Value) (ID, error) {
	if a.ID == attrIdent {
		if id, ok := x.db.Schema().entity(v.Text()); ok {
			return id, nil
		}
	}
	return values.entity(ctx, v)
}
