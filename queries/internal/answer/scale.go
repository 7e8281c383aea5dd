package answer

import (
	"math"
	"math/bits"

	"github.com/dhfs/dhfs/engine"
)

// scale makes small numbers of integers that compare as the integers do.
type scale struct {
	zero  int64 // the integer that becomes 0
	desc  bool
	width int // bits of the largest number
}

// bounds are the smallest and the largest of some integers.
type bounds struct{ lo, hi int64 }

func noBounds() bounds { return bounds{math.MaxInt64, math.MinInt64} }

// add tells whether the term is that of an integer.
func (b *bounds) add(t engine.Term) bool {
	b.lo, b.hi = min(b.lo, t.Int()), max(b.hi, t.Int())
	return t.IsInt()
}

func (b bounds) scale(desc bool) scale {
	s := scale{zero: b.lo, desc: desc, width: bits.Len64(uint64(b.hi - b.lo))}
	if desc {
		s.zero = b.hi
	}
	return s
}

// extend puts the numbers of terms behind others.
func (s scale) extend(numbers []uint64, terms []engine.Term) {
	for i, t := range terms {
		numbers[i] = numbers[i]<<s.width | s.number(t)
	}
}

func (s scale) number(t engine.Term) uint64 {
	if s.desc {
		return uint64(s.zero - t.Int())
	}
	return uint64(t.Int() - s.zero)
}

// take makes terms of what extend put last, and leaves what was there before.
func (s scale) take(numbers []uint64) []engine.Term {
	terms := make([]engine.Term, len(numbers))
	for i, n := range numbers {
		rest := n >> s.width
		numbers[i] = rest
		by := int64(n - rest<<s.width)
		if s.desc {
			by = -by
		}
		terms[i], _ = engine.IntTerm(s.zero + by)
	}
	return terms
}
