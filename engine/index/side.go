package index

import (
	"bytes"
	"context"
)

// side is a position in one tree of a Diff: before a subtree that is still
// closed, or before an entry of an open leaf.
type side struct {
	tree Tree
	path []place // open nodes from the root down; every one has rows left
	key  []byte  // first key of what is at the position
}

// place is a row of an open node.
type place struct {
	node *node
	i    int
}

// openSide stands before the first row of the root.
func openSide(ctx context.Context, t Tree) (side, error) {
	s := side{tree: t}
	if t.root.empty() {
		return s, nil
	}
	top, err := t.top(ctx)
	if err != nil {
		return s, err
	}
	s.push(top)
	return s, nil
}

func (s *side) done() bool { return len(s.path) == 0 }

func (s *side) at() *place { return &s.path[len(s.path)-1] }

// level is that of the subtree at the position, -1 for an entry.
func (s *side) level() int { return s.at().node.level - 1 }

// sub is the subtree at the position.
func (s *side) sub() ref { return s.at().node.subs[s.at().i] }

// val is the value of the entry at the position; never nil.
func (s *side) val() []byte { return s.at().node.leaf.AppendVal([]byte{}, s.at().i) }

// open goes into the subtree at the position.
func (s *side) open(ctx context.Context) error {
	p := s.at()
	child, err := s.tree.child(ctx, p.node, p.i)
	if err != nil {
		return err
	}
	s.push(child)
	return nil
}

func (s *side) push(n *node) {
	s.path = append(s.path, place{node: n})
	s.look()
}

// next passes what is at the position.
func (s *side) next() {
	s.at().i++
	for !s.done() && s.at().i == s.at().node.len() {
		s.path = s.path[:len(s.path)-1]
		if !s.done() {
			s.at().i++
		}
	}
	if !s.done() {
		s.look()
	}
}

func (s *side) look() {
	p := s.at()
	if p.node.level == 0 {
		s.key = p.node.leaf.AppendKey(s.key[:0], p.i)
		return
	}
	s.key = append(s.key[:0], p.node.keys.at(p.i)...)
}

// compare orders the positions; the end comes last.
func (s *side) compare(o *side) int {
	switch {
	case s.done():
		return 1
	case o.done():
		return -1
	}
	return bytes.Compare(s.key, o.key)
}
