package casfile

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A sketch tells which blocks have much in common, as versions of one node do: for some hash functions, the least value over all runs of 16 bytes (shorter ones are in all nodes of a kind).
// Two blocks have the same value as likely as a run that is in either of them is in both (Broder's resemblance).
type sketch [8]uint32

// Multipliers of the hash functions: any odd numbers.
var sketchBy = [len(sketch{})]uint32{0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xd1b54a35, 0xfd7046c5, 0xb55a4f09}

const sketchRun = 16

// sketchOf looks at a quarter of the runs, told by what is in them.
func sketchOf(data []byte) (s sketch) {
	for i := range s {
		s[i] = math.MaxUint32
	}
	for i := 0; i+sketchRun <= len(data); i++ {
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(data[i:])^0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(data[i+8:])^0xd1b54a32d192ed03)
		h := (hi ^ lo) * 0x2545f4914f6cdd1d
		if h>>62 != 0 {
			continue
		}
		x := uint32(h >> 30)
		x ^= x >> 15
		for j, by := range sketchBy {
			y := x * by
			s[j] = min(s[j], y^y>>13)
		}
	}
	return s
}

const (
	// A value that more blocks have is one that all nodes of a kind are likely to have.
	maxAlike = 64
	// sureAlike is how many values blocks have in common that are versions of one node whatever else is known of them: neighbours in a
	// tree whose values repeat each other have one or two.
	sureAlike = 3
	// maxFamily bounds how many blocks are put beside each other: their first and their last are still to have something in common.
	maxFamily = 16
)

// arrange is the order of blocks in a dense pack: each behind the one before it that it resembles most, and small ones at the end.
func arrange(blocks []moving) []moving {
	first, next := chains(blocks)
	ordered := make([]moving, 0, len(blocks))
	for i := range blocks {
		if blocks[i].size < similar || first[i] != i {
			continue
		}
		begin := len(ordered)
		for j := i; j >= 0; j = next[j] {
			ordered = append(ordered, blocks[j])
			ordered[begin].family += blocks[j].size
		}
	}
	for _, m := range blocks {
		if m.size < similar {
			ordered = append(ordered, m)
		}
	}
	return ordered
}

// chains tells of each block that is not small with which one its family begins, and which one comes next in that, -1 for none.
func chains(blocks []moving) (first, next []int) {
	first, next = make([]int, len(blocks)), make([]int, len(blocks))
	size := make([]int, len(blocks)) // of the family that begins here
	last := map[sketchValue]int{}    // the block that had a value last
	count := sketchValues(blocks)
	writes := writesOf(blocks)
	for i := range blocks {
		first[i], next[i] = i, -1
		if blocks[i].size < similar {
			continue
		}
		votes, best := map[int]int{}, -1
		for by, v := range blocks[i].sketch {
			x := sketchValue{by, v}
			if j, ok := last[x]; ok && count[x] <= maxAlike && size[first[j]] < maxFamily {
				if votes[j]++; best < 0 || votes[j] > votes[best] {
					best = j
				}
			}
			last[x] = i
		}
		if best >= 0 && (writes[i] != writes[best] || votes[best] >= sureAlike) {
			first[i], next[i], next[best] = first[best], next[best], i
		}
		size[first[i]]++
	}
	return first, next
}

// writesOf numbers what was stored at once, between two moves of refs. In one write there are no two versions of a node, and what it stores is read in
// that order: neighbours in a tree stay where they are though they resemble each other. Of a dense pack nothing is known but the order.
func writesOf(blocks []moving) []int {
	writes, n := make([]int, len(blocks)), 0
	for i, m := range blocks {
		if i > 0 && (m.from != blocks[i-1].from || m.from.dense == nil && refsBetween(blocks[i-1].block.at, m.block.at)) {
			n++
		}
		writes[i] = n
	}
	return writes
}

// refsBetween tells whether more than the head of a record without refs lies between two blocks of a file of records.
func refsBetween(a, b span) bool { return b.off > a.off+a.size+recordHead+1 }

// sketchValue is a value of one of the hash functions.
type sketchValue struct {
	by int
	v  uint32
}

// sketchValues is how many blocks have a value.
func sketchValues(blocks []moving) map[sketchValue]int {
	count := map[sketchValue]int{}
	for i := range blocks {
		if blocks[i].size < similar {
			continue
		}
		for by, v := range blocks[i].sketch {
			count[sketchValue{by, v}]++
		}
	}
	return count
}
