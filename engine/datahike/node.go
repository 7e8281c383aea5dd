package datahike

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
)

// The types of what trees are made of, with those that older versions wrote.
const (
	datomTag  = "datahike.datom.Datom"
	leafTag   = "pss/leaf"
	branchTag = "pss/branch"
	rootTag   = "pss/set"

	oldRootTag   = "datahike.index.PersistentSortedSet"
	oldLeafTag   = oldRootTag + ".Leaf"
	oldBranchTag = oldRootTag + ".Branch"
)

// maxLevel is how high a tree may be: Datahike's narrowest, of 8, has 10^9 datoms in 15.
const maxLevel = 40

// Datom is a fact as Datahike keeps it.
type Datom struct {
	E     int64
	A     any // a fressian.Keyword, or the number of one with :attribute-refs?
	V     any
	Tx    int64
	Added bool
}

// node is a node of a tree: datoms, or children.
type node struct {
	level    int // 0: a leaf
	keys     []Datom
	children []uuid.UUID // of a branch; keys has the last datom of each
	count    int64       // of all datoms below, -1 if not known
}

// node reads the node at an address.
func (s *Store) node(ctx context.Context, address uuid.UUID) (*node, error) {
	if n, ok := s.nodes.Get(address); ok {
		return n, nil
	}
	v, err := s.get(ctx, fressian.UUID(address))
	if err != nil {
		return nil, err
	}
	n, err := decodeNode(v)
	if err != nil {
		name, _ := FileName(fressian.UUID(address))
		return nil, s.fault(name, err)
	}
	s.nodes.Add(address, n)
	return n, nil
}

func decodeNode(v any) (*node, error) {
	t, ok := v.(fressian.Tagged)
	if !ok || len(t.Items) != 1 {
		return nil, fmt.Errorf("a %T where a node of a tree should be", v)
	}
	m, ok := t.Items[0].(fressian.Map)
	keys, ok2 := m.Get("keys").(fressian.List)
	if !ok || !ok2 {
		return nil, fmt.Errorf("a #%s without keys", t.Tag)
	}
	if slots, ok := m.Get("slots").(fressian.Map); ok && len(slots) > 0 {
		return nil, &UnsupportedError{":diff-buf-size", "changes of nodes are kept beside them"}
	}
	n := &node{keys: make([]Datom, len(keys)), count: int64(len(keys))}
	for i, k := range keys {
		var err error
		if n.keys[i], err = decodeDatom(k); err != nil {
			return nil, err
		}
	}
	switch t.Tag {
	case leafTag, oldLeafTag:
		return n, nil
	case branchTag, oldBranchTag:
		return n, n.decodeBranch(m)
	}
	return nil, fmt.Errorf("a #%s where a node of a tree should be", t.Tag)
}

func (n *node) decodeBranch(m fressian.Map) error {
	level, _ := m.Get("level").(int64)
	if level < 1 || level > maxLevel {
		return fmt.Errorf("a branch of level %d", level)
	}
	addresses, _ := m.Get("addresses").(fressian.List)
	if len(addresses) != len(n.keys) || len(addresses) == 0 {
		return fmt.Errorf("a branch of %d children with %d keys", len(addresses), len(n.keys))
	}
	n.level, n.count = int(level), -1
	if count, ok := m.Get("subtree-count").(int64); ok && count >= 0 {
		n.count = count
	}
	for _, a := range addresses {
		id, ok := a.(fressian.UUID)
		if !ok {
			return fmt.Errorf("a branch with a %T for an address", a)
		}
		n.children = append(n.children, uuid.UUID(id))
	}
	return nil
}

func decodeDatom(v any) (d Datom, err error) {
	t, ok := v.(fressian.Tagged)
	if !ok || t.Tag != datomTag || len(t.Items) != 1 {
		return d, fmt.Errorf("a %T where a datom should be", v)
	}
	l, ok := t.Items[0].(fressian.List)
	if !ok || len(l) != 5 {
		return d, fmt.Errorf("a datom that is no list of five")
	}
	var okE, okTx, okAdded bool
	d.E, okE = l[0].(int64)
	d.A, d.V = l[1], l[2]
	d.Tx, okTx = l[3].(int64)
	d.Added, okAdded = l[4].(bool)
	switch d.A.(type) {
	case fressian.Keyword, int64:
	default:
		return d, fmt.Errorf("a datom whose attribute is a %T", d.A)
	}
	if !okE || !okTx || !okAdded || d.Tx < 0 {
		return d, fmt.Errorf("a datom of something else than two numbers and a boolean")
	}
	return d, nil
}
