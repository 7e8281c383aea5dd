package answer

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// number puts a key behind the numbers of the pairs, which have width bits so far: it takes added
// bits. ok is false, and nothing done, when they do not fit, which can only happen to a key that is not the first.
func (s *sorter) number(k key, width int, more bool) (added int, unclear, ok bool, err error) {
	if lo, hi, plain := s.span(k); plain {
		if added = bits.Len64(hi - lo); width+added <= 64 {
			s.extend(added, func(row uint32) uint64 { return flip(k.desc, order(k.Terms[row])-lo, hi-lo) })
			return added, false, true, nil
		}
	}
	if most := bits.Len(uint(len(s.pairs))); more && width+most > 64 {
		return 0, false, false, nil
	}
	r, err := s.rank(k, byOrder)
	return r.width, r.unclear, true, err
}

// order is the term of an integer as a number that compares as it does.
func order(t engine.Term) uint64 { return uint64(t.Int()) ^ 1<<63 }

func flip(desc bool, n, most uint64) uint64 {
	if desc {
		return most - n
	}
	return n
}

// span is the smallest and the largest number of the rows where all are integers.
func (s *sorter) span(k key) (lo, hi uint64, ok bool) {
	if k.Terms == nil {
		return 0, 0, false
	}
	lo = math.MaxUint64
	for _, p := range s.pairs {
		t := k.Terms[p.row]
		if !t.IsInt() {
			return 0, 0, false
		}
		lo, hi = min(lo, order(t)), max(hi, order(t))
	}
	return lo, hi, true
}

// extend puts a number of some bits behind that of each pair.
func (s *sorter) extend(width int, number func(row uint32) uint64) {
	for i := range s.pairs {
		p := &s.pairs[i]
		p.number = p.number<<width | number(p.row)
	}
}

// ranked is what became of a column whose values were ranked.
type ranked struct {
	width   int
	unclear bool // different values have the same rank
}

// Two ways to order the different values of a column.
var (
	byOrder = compareValues
	byKey   = func(a, b edn.Value) int { return strings.Compare(fn.Key(a), fn.Key(b)) }
)

// rank puts the ranks of a key's values among those of the pairs behind their numbers. Each
// different term is compared once with some others, however often it occurs.
func (s *sorter) rank(k key, compare func(a, b edn.Value) int) (ranked, error) {
	ids, values, err := s.identify(k)
	if err != nil {
		return ranked{}, err
	}
	by := rowNumbers(len(values))
	var failed error
	compared := 0
	slices.SortFunc(by, func(x, y uint32) int {
		if compared++; compared%chunk == 0 && failed == nil {
			failed = s.check()
		}
		if failed != nil {
			return 0 // comes to an end without looking at values
		}
		return compare(values[x], values[y])
	})
	if failed != nil {
		return ranked{}, failed
	}
	ranks := make([]uint32, len(values))
	var r ranked
	last := uint32(0)
	for i := 1; i < len(by); i++ {
		a, b := values[by[i-1]], values[by[i]]
		if compare(a, b) != 0 {
			last++
		} else {
			r.unclear = r.unclear || ambiguous(a.Kind()) || ambiguous(b.Kind())
		}
		ranks[by[i]] = last
	}
	r.width = bits.Len32(last)
	for i := range s.pairs {
		p := &s.pairs[i]
		p.number = p.number<<r.width | flip(k.desc, uint64(ranks[ids[i]]), uint64(last))
	}
	return r, s.check()
}

// identify numbers the different terms of the pairs. Values without terms are all taken to be different.
func (s *sorter) identify(k key) (ids []uint32, values []edn.Value, err error) {
	ids = make([]uint32, len(s.pairs))
	t := newNumbering()
	err = chunked(s.check, len(s.pairs), func(from, to int) {
		for i, p := range s.pairs[from:to] {
			id, fresh := int32(len(values)), true
			if k.Terms != nil {
				id, fresh = t.id(0, k.Terms[p.row])
			}
			if fresh {
				values = append(values, s.rows.at(k.Column, p.row))
			}
			ids[from+i] = uint32(id)
		}
	})
	return ids, values, err
}
