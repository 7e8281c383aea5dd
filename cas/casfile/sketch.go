package casfile

import (
	"encoding/binary"
	"math"
)

// A sketch tells which blocks have much in common, as versions of one node do: for some hash functions, the least value over all runs of eight bytes.
// Two blocks have the same value as likely as a run that is in either of them is in both (Broder's resemblance).
type sketch [6]uint32

// Multipliers of the hash functions: any odd numbers.
var sketchBy = [len(sketch{})]uint32{0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xd1b54a35}

// sketchOf looks at a quarter of the runs, told by what is in them.
func sketchOf(data []byte) (s sketch) {
	for i := range s {
		s[i] = math.MaxUint32
	}
	for i := 0; i+8 <= len(data); i++ {
		h := binary.LittleEndian.Uint64(data[i:]) * 0x9e3779b97f4a7c15
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
	maxAlike = 16
	// maxFamily bounds how many blocks are put beside each other: their first and their last are still to have something in common.
	maxFamily = 64
)

// arrange is the order of blocks in a dense pack: those that resemble each other side by side, where the first of them was, and small ones at the end.
func arrange(blocks []moving) []moving {
	families := familiesOf(blocks)
	ordered := make([]moving, 0, len(blocks))
	for i := range blocks {
		first := len(ordered)
		for _, j := range families[i] {
			ordered = append(ordered, blocks[j])
			ordered[first].family += blocks[j].size
		}
	}
	for _, m := range blocks {
		if m.size < similar {
			ordered = append(ordered, m)
		}
	}
	return ordered
}

// familiesOf are the numbers of the blocks that resemble each other, in order, by the first of them.
func familiesOf(blocks []moving) map[int][]int {
	type value struct {
		by int
		v  uint32
	}
	count := map[value]int{}
	for i := range blocks {
		if blocks[i].size < similar {
			continue
		}
		for by, v := range blocks[i].sketch {
			count[value{by, v}]++
		}
	}
	families := map[int][]int{}
	of := make([]int, len(blocks)) // the family that a block is in
	last := map[value]int{}        // the block that had a value last
	for i := range blocks {
		if blocks[i].size < similar {
			continue
		}
		votes := map[int]int{}
		best := i
		for by, v := range blocks[i].sketch {
			x := value{by, v}
			if j, ok := last[x]; ok && count[x] <= maxAlike && len(families[of[j]]) < maxFamily {
				f := of[j]
				if votes[f]++; votes[f] > 1 && votes[f] > votes[best] || votes[f] == votes[best] && f < best {
					best = f
				}
			}
			last[x] = i
		}
		of[i] = best
		families[best] = append(families[best], i)
	}
	return families
}
