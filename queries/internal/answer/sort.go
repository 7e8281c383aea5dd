package answer

import (
	"cmp"
	"math/bits"
	"slices"
)

// fewOf is how small a part of the rows is found without sorting all of them.
const fewOf = 16

// sort finds the places of the rows that are shown, in their order; nil: all rows as they stand.
func (r *Rows) sort(check func() error) ([]uint32, error) {
	if r.Len() == 0 {
		return nil, nil
	}
	c := &comparer{rows: r, keys: r.keys()}
	sorted, err := c.inOrder(check)
	if err != nil {
		return nil, err
	}
	end := r.offset + r.Len()
	var places []uint32
	switch {
	case sorted && r.offset == 0:
		return nil, nil
	case sorted:
		places = rowNumbers(r.n)
	case end <= r.n/fewOf:
		places, err = c.top(end, check)
	default:
		places, err = sortAll(c, check)
	}
	if err != nil {
		return nil, err
	}
	return places[r.offset:end], nil
}

func rowNumbers(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}

// sorter sorts in rounds: each makes one number of a few columns, sorts the rows by
// it, and leaves to the next round the rows that are still tied.
type sorter struct {
	*comparer
	check  func() error
	places []uint32
	ties   []span
	tied   int // rows in ties
	pairs  []pair
	spare  []pair
}

// span is rows, by where they are in places, that no column so far tells apart.
type span struct{ from, to int }

// pair is a row and the number that it is sorted by.
type pair struct {
	number uint64
	row    uint32
}

func sortAll(c *comparer, check func() error) ([]uint32, error) {
	n := c.rows.n
	s := &sorter{comparer: c, check: check, places: rowNumbers(n), ties: []span{{0, n}}, tied: n}
	keys := c.keys
	var unclear []key
	for len(keys) > 0 && s.tied > 0 {
		used, ties, err := s.round(keys)
		if err != nil {
			return nil, err
		}
		for i, k := range keys[:used] {
			if ties[i] {
				unclear = append(unclear, k)
			}
		}
		keys = keys[used:]
	}
	slices.SortFunc(unclear, func(a, b key) int { return cmp.Compare(a.at, b.at) })
	for _, k := range unclear {
		if s.tied > 0 {
			if err := s.tieBreak(k); err != nil {
				return nil, err
			}
		}
	}
	return s.places, nil
}

// round sorts the tied rows by as many of the keys as are needed to tell them apart, by a guess, and fit one
// number. unclear tells for each of them whether different values compared as equal.
func (s *sorter) round(keys []key) (used int, unclear []bool, err error) {
	width := s.gather()
	enough := width + bits.Len(uint(s.tied))
	for used < len(keys) && (used == 0 || width < enough) {
		added, ties, ok, err := s.number(keys[used], width, used > 0)
		if err != nil {
			return 0, nil, err
		}
		if !ok {
			break
		}
		width += added
		unclear = append(unclear, ties)
		used++
	}
	return used, unclear, s.settle(width)
}

// tieBreak sorts by the keys of values that compare as equal and are not.
func (s *sorter) tieBreak(k key) error {
	k.desc = false
	width := s.gather()
	added, err := s.rank(k, byKey)
	if err != nil {
		return err
	}
	return s.settle(width + added.width)
}

// gather collects the tied rows as pairs numbered by their tie; width is how many bits that takes.
func (s *sorter) gather() (width int) {
	if s.pairs == nil {
		s.pairs, s.spare = make([]pair, s.tied), make([]pair, s.tied)
	}
	s.pairs = s.pairs[:0]
	for i, t := range s.ties {
		for _, row := range s.places[t.from:t.to] {
			s.pairs = append(s.pairs, pair{uint64(i), row})
		}
	}
	return bits.Len(uint(len(s.ties) - 1))
}

// settle sorts the pairs, puts the rows back and finds what is tied still.
func (s *sorter) settle(width int) error {
	if err := s.radix(width); err != nil {
		return err
	}
	before := s.ties
	s.ties, s.tied = nil, 0
	at := 0
	for _, t := range before {
		first := t.from
		for i := t.from; i < t.to; i++ {
			s.places[i] = s.pairs[at].row
			if last := i+1 == t.to || s.pairs[at+1].number != s.pairs[at].number; last {
				s.addTie(first, i+1)
				first = i + 1
			}
			if at++; at%chunk == 0 {
				if err := s.check(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *sorter) addTie(from, to int) {
	if to-from > 1 {
		s.ties = append(s.ties, span{from, to})
		s.tied += to - from
	}
}
