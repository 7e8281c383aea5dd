package datahike

import (
	"context"
	"fmt"
	"iter"
	"sort"

	"github.com/google/uuid"
)

// open reads the top of a tree; nil where the commit does not have it.
func (c *Commit) open(ctx context.Context, i Index) (*node, error) {
	r, ok := c.trees[i]
	if !ok || r.fused != nil {
		return r.fused, nil
	}
	return c.store.node(ctx, r.address)
}

// Datoms yields a tree in its order; nothing where the commit does not have it.
func (c *Commit) Datoms(ctx context.Context, i Index) iter.Seq2[Datom, error] {
	return c.from(ctx, i, func(*Datom) bool { return true })
}

// Entity yields what the commit has of an entity.
func (c *Commit) Entity(ctx context.Context, e int64) iter.Seq2[Datom, error] {
	return while(c.from(ctx, EAVT, func(d *Datom) bool { return d.E >= e }), func(d *Datom) bool { return d.E == e })
}

// ByValue yields the datoms of an attribute that has an index with a value.
func (c *Commit) ByValue(ctx context.Context, a, v any) iter.Seq2[Datom, error] {
	compare := func(d *Datom) int {
		if c := compareValues(d.A, a); c != 0 {
			return c
		}
		return compareValues(d.V, v)
	}
	return while(c.from(ctx, AVET, func(d *Datom) bool { return compare(d) >= 0 }), func(d *Datom) bool { return compare(d) == 0 })
}

// OfAttribute yields the datoms of an attribute, by entity.
func (c *Commit) OfAttribute(ctx context.Context, a any) iter.Seq2[Datom, error] {
	return while(c.from(ctx, AEVT, func(d *Datom) bool { return compareValues(d.A, a) >= 0 }), func(d *Datom) bool { return compareValues(d.A, a) == 0 })
}

// while is what comes before the first datom that does not belong.
func while(all iter.Seq2[Datom, error], belongs func(*Datom) bool) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		for d, err := range all {
			if err == nil && !belongs(&d) || !yield(d, err) {
				return
			}
		}
	}
}

// from yields the datoms of a tree from the first for which reached is true, and so it is for all after it.
func (c *Commit) from(ctx context.Context, i Index, reached func(*Datom) bool) iter.Seq2[Datom, error] {
	return func(yield func(Datom, error) bool) {
		n, err := c.open(ctx, i)
		if err != nil {
			yield(Datom{}, err)
		}
		if err != nil || n == nil {
			return
		}
		c.store.walk(ctx, n, reached, yield)
	}
}

// walk yields what is below a node; false when the caller has enough.
func (s *Store) walk(ctx context.Context, n *node, reached func(*Datom) bool, yield func(Datom, error) bool) bool {
	first := sort.Search(len(n.keys), func(i int) bool { return reached(&n.keys[i]) })
	for i := first; i < len(n.keys); i++ {
		if n.level == 0 {
			if !yield(n.keys[i], nil) {
				return false
			}
			continue
		}
		child, err := s.child(ctx, n, i)
		if err != nil {
			yield(Datom{}, err)
			return false
		}
		if !s.walk(ctx, child, reached, yield) {
			return false
		}
	}
	return true
}

// child reads the ith child of a branch, which has to be one level lower: so a tree cannot lead back into itself.
func (s *Store) child(ctx context.Context, n *node, i int) (*node, error) {
	child, err := s.node(ctx, n.children[i])
	if err != nil {
		return nil, err
	}
	if child.level != n.level-1 {
		return nil, s.damagedNode(n.children[i], fmt.Errorf("a node of level %d below one of level %d", child.level, n.level))
	}
	if len(child.keys) == 0 || compareFull(&child.keys[len(child.keys)-1], &n.keys[i]) != 0 {
		return nil, s.damagedNode(n.children[i], fmt.Errorf("a node that does not end with the datom that the one above it tells"))
	}
	return child, nil
}

func compareFull(x, y *Datom) int { return eavt.compare(x, y) }

func (s *Store) damagedNode(address uuid.UUID, err error) error {
	name, _ := FileName(toKey(address))
	return s.fault(name, err)
}

// Count is how many datoms a tree has; it reads one node where that tells.
func (c *Commit) Count(ctx context.Context, i Index) (n int64, err error) {
	top, err := c.open(ctx, i)
	if err != nil || top == nil {
		return 0, err
	}
	if top.count >= 0 {
		return top.count, nil
	}
	for _, err := range c.Datoms(ctx, i) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
