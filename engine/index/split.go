package index

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// Sizes of nodes as the splitter counts them, in bytes.
const (
	minSize  = 1 << 10  // no node ends before it has grown beyond this
	maxSize  = 10 << 10 // every node ends when it reaches this
	sizeStep = 64       // distance of two entries of survival

	// branchFixed is what a child takes in a branch besides its separator's
	// suffix: a link of 41 bytes, a count, two lengths.
	branchFixed = 48
)

// splitter decides where the nodes of one level end, from nothing but the keys
// since the node's first. A node that has reached size s survives to size s' with
// probability survival(s')/survival(s): the key's hash is the die. Since the
// hazard depends on the size, nodes are of similar size, and since it is the
// key that is hashed, two runs of keys that differ in one place soon end their
// nodes at the same keys again.
type splitter struct {
	seed  uint64 // the level
	fixed int    // added to every key's suffix
	least int    // entries that a node has at least

	rows int
	size int
	odds uint64 // survives(size)
}

func newSplitter(level, fixed int) splitter {
	least := 1
	if level > 0 {
		least = 2 // a level of branches is shorter than the one below it, however long the keys
	}
	return splitter{seed: uint64(level), fixed: fixed, least: least, odds: survives(0)}
}

// add counts key to the current node and tells whether the node ends with it.
// The first same bytes of key are those of the key before; of a node's first
// key, all count.
func (s *splitter) add(key []byte, same int) bool {
	if s.rows == 0 {
		same = 0
	}
	before := s.odds
	s.size += len(key) - same + s.fixed
	s.odds = survives(s.size)
	s.rows++
	if s.size <= minSize || s.rows < s.least || !ends(xxh3.HashSeed(key, s.seed)>>32, before, s.odds) {
		return false
	}
	s.reset()
	return true
}

// ends tells whether the die, 32 random bits, ends a node as its odds fall from before to after.
func ends(die, before, after uint64) bool { return die*before >= after<<32 }

func (s *splitter) reset() {
	s.rows, s.size, s.odds = 0, 0, survives(0)
}

// survives interpolates survival at size; all integers.
func survives(size int) uint64 {
	switch over := size - minSize; {
	case over <= 0:
		return uint64(survival[0])
	case size >= maxSize:
		return 0
	default:
		i, r := over/sizeStep, uint64(over%sizeStep)
		return (uint64(survival[i])*(sizeStep-r) + uint64(survival[i+1])*r) / sizeStep
	}
}

// rises tells whether key is greater than prev, given how much they share.
func rises(prev, key []byte, same int) bool {
	return same < len(key) && (same == len(prev) || prev[same] < key[same])
}

// shared is the length of the longest common prefix of a and b.
func shared(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
