package answer

import (
	"cmp"
	"slices"
)

// ordered is the tied rows in the order of their numbers: a number with the place of its
// row behind it, or places alone where both do not fit.
type ordered struct {
	both    []uint64
	bits    int // of the place
	places  []uint32
	numbers []uint64
}

func (o *ordered) place(i int) uint32 {
	if o.places != nil {
		return o.places[i]
	}
	return uint32(o.both[i] & (1<<o.bits - 1))
}

func (o *ordered) number(i int) uint64 {
	if o.places != nil {
		return o.numbers[o.places[i]]
	}
	return o.both[i] >> o.bits
}

// fewNumbers are sorted by comparing.
const fewNumbers = 64

// sorted sorts the numbers, which have width bits.
func (s *sorter) sorted(width int) (*ordered, error) {
	o := &ordered{bits: s.placeBits()}
	if width+o.bits > 64 {
		return s.compared()
	}
	if err := chunked(s.check, len(s.numbers), func(from, to int) {
		for i := from; i < to; i++ {
			s.numbers[i] = s.numbers[i]<<o.bits | uint64(i)
		}
	}); err != nil {
		return nil, err
	}
	if len(s.numbers) <= fewNumbers {
		slices.Sort(s.numbers)
		o.both = s.numbers
		return o, nil
	}
	digit := 8
	if len(s.numbers) > 1<<15 {
		digit = 11
	}
	counts := make([]int32, 1<<digit)
	for shift := o.bits; shift < o.bits+width; shift += digit {
		if err := s.pass(counts, shift); err != nil {
			return nil, err
		}
	}
	o.both = s.numbers
	return o, nil
}

// pass sorts by one digit, and keeps the order of those that have the same.
func (s *sorter) pass(counts []int32, shift int) error {
	mask := uint64(len(counts) - 1)
	clear(counts)
	if err := chunked(s.check, len(s.numbers), func(first, end int) {
		for _, n := range s.numbers[first:end] {
			counts[n>>shift&mask]++
		}
	}); err != nil {
		return err
	}
	if int(counts[s.numbers[0]>>shift&mask]) == len(s.numbers) {
		return nil // all have the same digit
	}
	var at int32
	for d, n := range counts {
		counts[d] = at
		at += n
	}
	from, to := s.numbers, s.spare[:len(s.numbers)]
	err := chunked(s.check, len(from), func(first, end int) {
		for _, n := range from[first:end] {
			d := n >> shift & mask
			to[counts[d]] = n
			counts[d]++
		}
	})
	s.numbers, s.spare = to, from[:cap(from)]
	return err
}

// compared sorts by comparing numbers that leave no room for a place.
func (s *sorter) compared() (*ordered, error) {
	places, err := rowNumbers(s.check, len(s.numbers))
	if err != nil {
		return nil, err
	}
	o := &ordered{places: places, numbers: s.numbers}
	return o, sortFunc(s.check, o.places, func(x, y uint32) int { return cmp.Compare(o.numbers[x], o.numbers[y]) })
}

// sortFunc is slices.SortFunc that looks at the limits.
func sortFunc[T any](check func() error, list []T, compare func(a, b T) int) error {
	var failed error
	compared := 0
	slices.SortFunc(list, func(a, b T) int {
		if compared++; compared%chunk == 0 && failed == nil {
			failed = check()
		}
		if failed != nil {
			return 0 // comes to an end without looking at values
		}
		return compare(a, b)
	})
	return failed
}
