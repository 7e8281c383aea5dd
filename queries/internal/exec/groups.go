package exec

import "github.com/dhfs/dhfs/engine"

// span is rows [lo, hi) of a side.
type span struct{ lo, hi int32 }

func (s span) len() int { return int(s.hi - s.lo) }

// groups finds the rows of a key in a column where equal keys follow each other. Keys
// that are close to each other, as entities and the places of a dictionary mostly
// are, are found by their distance from the least; others by hash.
type groups struct {
	base  term
	dense []span

	slots []int32 // group+1, 0 for an empty slot
	mask  uint64
	keys  []term
	spans []span

	n int // of groups
}

// maxSpread is how many places of a dense table there may be for each key.
const maxSpread = 4

func newGroups(col []term) groups {
	g := groups{}
	if len(col) == 0 {
		return g
	}
	low, high := col[0], col[0]
	tag, mixed := col[0].Tag(), false
	for i, t := range col {
		if i > 0 && t == col[i-1] {
			continue
		}
		g.n++
		low, high = min(low, t), max(high, t)
		mixed = mixed || t.Tag() != tag
	}
	if spread := uint64(high-low) >> engine.TagBits; !mixed && spread < uint64(maxSpread*g.n+1024) {
		g.base, g.dense = low, make([]span, spread+1)
		eachGroup(col, func(t term, s span) { g.dense[(t-low)>>engine.TagBits] = s })
		return g
	}
	g.hash(col)
	return g
}

// eachGroup visits the runs of equal keys.
func eachGroup(col []term, visit func(t term, s span)) {
	start := 0
	for i := 1; i <= len(col); i++ {
		if i == len(col) || col[i] != col[start] {
			visit(col[start], span{int32(start), int32(i)})
			start = i
		}
	}
}

func (g *groups) hash(col []term) {
	size := 16
	for size < 2*g.n {
		size *= 2
	}
	g.slots, g.mask = make([]int32, size), uint64(size-1)
	g.keys, g.spans = make([]term, 0, g.n), make([]span, 0, g.n)
	eachGroup(col, func(t term, s span) {
		slot := mix(0, t) & g.mask
		for g.slots[slot] != 0 {
			slot = (slot + 1) & g.mask
		}
		g.keys, g.spans = append(g.keys, t), append(g.spans, s)
		g.slots[slot] = int32(len(g.keys))
	})
}

// find is the rows of a key, none when there are none.
func (g *groups) find(t term) span {
	if g.dense != nil {
		if d := uint64(t - g.base); d&(1<<engine.TagBits-1) == 0 && d>>engine.TagBits < uint64(len(g.dense)) {
			return g.dense[d>>engine.TagBits]
		}
		return span{}
	}
	if g.slots == nil {
		return span{}
	}
	for slot := mix(0, t) & g.mask; g.slots[slot] != 0; slot = (slot + 1) & g.mask {
		if i := g.slots[slot] - 1; g.keys[i] == t {
			return g.spans[i]
		}
	}
	return span{}
}

func (g *groups) bytes() int64 { return int64(8*len(g.dense) + 4*len(g.slots) + 16*len(g.keys)) }
