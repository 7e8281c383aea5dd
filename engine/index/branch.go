package index

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// maxLevel bounds the level of a branch: 2^64 entries cannot make more of them.
const maxLevel = 63

// items is the number of items in a branch.
func (n *node) items() int {
	if n.sums {
		return 7
	}
	return 6
}

// encodeBranch writes [kind, level, n, separators, [count…], [link…]] and, where
// the layout sums, [max…].
func (n *node) encodeBranch() []byte {
	dst := make([]byte, 0, 64+len(n.subs)*(branchFixed+8)+len(n.keys.buf))
	dst = dagcbor.AppendArray(dst, n.items())
	dst = dagcbor.AppendUint(dst, n.kind)
	dst = dagcbor.AppendUint(dst, uint64(n.level))
	dst = dagcbor.AppendUint(dst, uint64(len(n.subs)))
	dst = appendKeys(dst, len(n.subs), n.keys.at)
	dst = dagcbor.AppendArray(dst, len(n.subs))
	for _, s := range n.subs {
		dst = dagcbor.AppendUint(dst, s.count)
	}
	dst = dagcbor.AppendArray(dst, len(n.subs))
	for _, s := range n.subs {
		dst = dagcbor.AppendLink(dst, s.cid())
	}
	if !n.sums {
		return dst
	}
	dst = dagcbor.AppendArray(dst, len(n.subs))
	for _, s := range n.subs {
		dst = dagcbor.AppendUint(dst, s.max)
	}
	return dst
}

// decode reads a node of l. It refuses whatever this package and l would not have written.
func decode(l Layout, data []byte) (*node, error) {
	r := dagcbor.NewReader(data)
	items, kind, level := r.Array(), r.Uint(), r.Uint()
	switch {
	case r.Err() != nil:
		return nil, r.Err()
	case kind != l.Kind():
		return nil, fmt.Errorf("node of kind %d, want %d", kind, l.Kind())
	case level > maxLevel:
		return nil, fmt.Errorf("level %d, over %d", level, maxLevel)
	case level == 0:
		return decodeLeaf(l, data)
	}
	n := &node{kind: kind, sums: l.Sums(), level: int(level)}
	if want := n.items(); items != want {
		return nil, fmt.Errorf("branch of %d items, want %d", items, want)
	}
	if err := n.decodeBranch(r); err != nil {
		return nil, fmt.Errorf("branch: %w", err)
	}
	return n, n.checkSplit()
}

func decodeLeaf(l Layout, data []byte) (*node, error) {
	leaf, err := l.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("leaf: %w", err)
	}
	if leaf.Len() == 0 {
		return nil, errors.New("leaf without entries")
	}
	n := &node{kind: l.Kind(), sums: l.Sums(), count: uint64(leaf.Len()), first: leaf.AppendKey(nil, 0), leaf: leaf}
	if n.sums {
		n.max = leaf.Max()
	}
	return n, nil
}

// decodeBranch reads what follows the level.
func (n *node) decodeBranch(r *dagcbor.Reader) (err error) {
	rows := r.Uint()
	if rows == 0 || rows > maxSize/branchFixed+2 {
		return strict(r, fmt.Sprintf("%d children", rows))
	}
	if n.keys, err = decodeKeys(r, int(rows)); err != nil {
		return err
	}
	n.first = n.keys.at(0)
	n.subs = make([]ref, rows)
	if err := n.decodeCounts(r); err != nil {
		return err
	}
	if err := n.decodeLinks(r); err != nil {
		return err
	}
	if n.sums {
		if err := n.decodeMaxes(r); err != nil {
			return err
		}
	}
	return r.Done()
}

func (n *node) decodeCounts(r *dagcbor.Reader) error {
	if r.Array() != len(n.subs) {
		return strict(r, "not one count for every child")
	}
	for i := range n.subs {
		count := r.Uint()
		total, carry := bits.Add64(n.count, count, 0)
		if count == 0 || carry != 0 {
			return strict(r, "a count of 0, or counts over 2^64")
		}
		n.subs[i].count, n.count = count, total
	}
	return nil
}

func (n *node) decodeLinks(r *dagcbor.Reader) error {
	if r.Array() != len(n.subs) {
		return strict(r, "not one link for every child")
	}
	for i := range n.subs {
		id := r.Link()
		if r.Err() != nil {
			return r.Err()
		}
		if p := id.Prefix(); p.Version != 1 || p.Codec != cid.DagCBOR || p.MhType != multihash.SHA2_256 {
			return fmt.Errorf("child %s is not dag-cbor under sha2-256", id)
		}
		n.subs[i].id = id
	}
	return nil
}

func (n *node) decodeMaxes(r *dagcbor.Reader) error {
	if r.Array() != len(n.subs) {
		return strict(r, "not one maximum for every child")
	}
	for i := range n.subs {
		n.subs[i].max = r.Uint()
		n.max = max(n.max, n.subs[i].max)
	}
	return nil
}

// checkSplit tells whether the splitter would have ended the branch before its last child.
func (n *node) checkSplit() error {
	s := newSplitter(n.level, branchFixed)
	prev := n.first
	for i := range n.subs[1:] {
		key := n.keys.at(i)
		cut := s.add(key, shared(prev, key))
		if prev = key; cut {
			return fmt.Errorf("branch goes on after child %d, where it had to end", i)
		}
	}
	return nil
}
