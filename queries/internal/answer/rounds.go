package answer

import "math/bits"

// sorter sorts in rounds: each makes one number of a few columns, sorts the rows by
// it, and leaves to the next round the rows that are still tied.
type sorter struct {
	*comparer
	check   func() error
	places  []uint32
	ties    []span
	tied    int      // rows in ties
	rows    []uint32 // those, one tie after the other
	numbers []uint64 // what they are sorted by in this round
	spare   []uint64
}

// span is rows, by where they are in places, that no column so far tells apart.
type span struct{ from, to int }

// round sorts the tied rows by as many of the keys as are needed to tell them apart, by a guess, and
// fit one number. unclear lists the columns in which different values compared as equal.
func (s *sorter) round(keys []key) (used int, unclear []int, err error) {
	width, err := s.gather()
	if err != nil {
		return 0, nil, err
	}
	enough := width + bits.Len(uint(s.tied))
	for used < len(keys) && (used == 0 || width < enough) {
		k := keys[used]
		r, ok, err := s.number(k, 64-width-s.placeBits(), used == 0)
		if err != nil {
			return 0, nil, err
		}
		if !ok {
			break
		}
		if r.unclear {
			unclear = append(unclear, k.at)
		}
		width += r.width
		used++
	}
	return used, unclear, s.settle(width)
}

// tieBreak sorts by the keys of values that compare as equal and are not.
func (s *sorter) tieBreak(column int) error {
	width, err := s.gather()
	if err != nil {
		return err
	}
	r, err := s.rank(key{Column: &s.comparer.rows.cols[column]}, byKey)
	if err != nil {
		return err
	}
	return s.settle(width + r.width)
}

// placeBits is how many bits the place of a tied row among them takes.
func (s *sorter) placeBits() int { return bits.Len(uint(s.tied - 1)) }

// gather collects the tied rows, numbered by their tie; width is how many bits that takes.
func (s *sorter) gather() (width int, err error) {
	if s.numbers == nil {
		s.numbers, s.spare = make([]uint64, s.tied), make([]uint64, s.tied)
		s.rows = make([]uint32, s.tied)
	}
	s.numbers, s.rows = s.numbers[:s.tied], s.rows[:s.tied]
	at, looked := 0, 0
	for i, t := range s.ties {
		for from := t.from; from < t.to; from += chunk {
			part := s.places[from:min(from+chunk, t.to)]
			copy(s.rows[at:], part)
			for range part {
				s.numbers[at] = uint64(i)
				at++
			}
			if at-looked < chunk {
				continue
			}
			if looked = at; s.check() != nil {
				return 0, s.check()
			}
		}
	}
	return bits.Len(uint(len(s.ties) - 1)), nil
}

// settle sorts the rows by their numbers, puts them back and finds what is tied still.
func (s *sorter) settle(width int) error {
	order, err := s.sorted(width)
	if err != nil {
		return err
	}
	before := s.ties
	s.ties, s.tied = nil, 0
	at := 0
	for _, t := range before {
		first := t.from
		for i := t.from; i < t.to; i++ {
			s.places[i] = s.rows[order.place(at)]
			if last := i+1 == t.to || order.number(at+1) != order.number(at); last {
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
