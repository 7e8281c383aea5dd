package answer

import (
	"cmp"
	"slices"
)

// fewPairs are sorted by comparing.
const fewPairs = 64

// radix sorts the pairs by the lowest width bits of their numbers, digit by digit from the lowest.
func (s *sorter) radix(width int) error {
	if len(s.pairs) <= fewPairs {
		slices.SortFunc(s.pairs, func(a, b pair) int { return cmp.Compare(a.number, b.number) })
		return nil
	}
	digit := 8
	if len(s.pairs) > 1<<15 {
		digit = 11
	}
	counts := make([]int32, 1<<digit)
	for shift := 0; shift < width; shift += digit {
		if err := s.pass(counts, shift); err != nil {
			return err
		}
	}
	return nil
}

// pass sorts by one digit, stably.
func (s *sorter) pass(counts []int32, shift int) error {
	mask := uint64(len(counts) - 1)
	clear(counts)
	for _, p := range s.pairs {
		counts[p.number>>shift&mask]++
	}
	if int(counts[s.pairs[0].number>>shift&mask]) == len(s.pairs) {
		return nil // all have the same digit
	}
	var at int32
	for d, n := range counts {
		counts[d] = at
		at += n
	}
	pairs, sorted := s.pairs, s.spare[:len(s.pairs)]
	err := chunked(s.check, len(pairs), func(from, to int) {
		for _, p := range pairs[from:to] {
			d := p.number >> shift & mask
			sorted[counts[d]] = p
			counts[d]++
		}
	})
	s.pairs, s.spare = sorted, pairs[:cap(pairs)]
	return err
}
