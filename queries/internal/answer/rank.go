package answer

import (
	"math/bits"
	"strings"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// ranked is what became of a column that was made numbers.
type ranked struct {
	width   int  // bits of the largest
	unclear bool // different values have the same number
}

// number puts a key behind the numbers of the tied rows. ok is false, and nothing done, when it
// takes more bits than there is room for, unless it must be done.
func (s *sorter) number(k key, room int, must bool) (r ranked, ok bool, err error) {
	scale, plain, err := s.scale(k)
	if err != nil {
		return r, false, err
	}
	if plain && scale.width <= room {
		err := chunked(s.check, len(s.rows), func(from, to int) {
			for i := from; i < to; i++ {
				s.numbers[i] = s.numbers[i]<<scale.width | scale.number(k.Terms[s.rows[i]])
			}
		})
		return ranked{width: scale.width}, true, err
	}
	if !must && s.placeBits() > room {
		return r, false, nil
	}
	r, err = s.rank(k, byOrder)
	return r, true, err
}

// scale is that of a key in the tied rows; ok is false where not all are integers.
func (s *sorter) scale(k key) (sc scale, ok bool, err error) {
	if k.Terms == nil || !k.Terms[s.rows[0]].IsInt() {
		return sc, false, nil
	}
	b, ok := noBounds(), true
	err = chunked(s.check, len(s.rows), func(from, to int) {
		for i := from; i < to && ok; i++ {
			ok = b.add(k.Terms[s.rows[i]])
		}
	})
	return b.scale(k.desc), ok, err
}

// Two ways to order the different values of a column.
func byOrder(a, b edn.Value) int { return compareValues(a, b) }
func byKey(a, b edn.Value) int   { return strings.Compare(fn.Key(a), fn.Key(b)) }

// rank puts the ranks of a key's values among those of the tied rows behind their numbers. Each
// different term is compared with some others once, however often it occurs.
func (s *sorter) rank(k key, compare func(a, b edn.Value) int) (r ranked, err error) {
	ids, values, err := s.identify(k)
	if err != nil {
		return r, err
	}
	by, err := s.arrange(values, compare)
	if err != nil {
		return r, err
	}
	ranks := make([]uint32, len(values))
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
	for i := range s.numbers {
		n := ranks[ids[i]]
		if k.desc {
			n = last - n
		}
		s.numbers[i] = s.numbers[i]<<r.width | uint64(n)
	}
	return r, s.check()
}

// identify numbers the different terms of the tied rows. Values without terms are all taken to be different.
func (s *sorter) identify(k key) (ids []uint32, values []edn.Value, err error) {
	ids = make([]uint32, len(s.rows))
	t := newNumbering()
	err = chunked(s.check, len(s.rows), func(from, to int) {
		for i, row := range s.rows[from:to] {
			id, fresh := int32(len(values)), true
			if k.Terms != nil {
				id, fresh = t.id(0, k.Terms[row])
			}
			if fresh {
				values = append(values, s.comparer.rows.at(k.Column, row))
			}
			ids[from+i] = uint32(id)
		}
	})
	return ids, values, err
}

// arrange is the places of values in their order.
func (s *sorter) arrange(values []edn.Value, compare func(a, b edn.Value) int) ([]uint32, error) {
	if texts, ok := textsOf(values); ok {
		return texts.sorted(s.check)
	}
	by, err := rowNumbers(s.check, len(values))
	if err != nil {
		return nil, err
	}
	return by, sortFunc(s.check, by, func(x, y uint32) int { return compare(values[x], values[y]) })
}
