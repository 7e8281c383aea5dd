package answer

import "math/bits"

// sparse is how many numbers there may be for each row that there is.
const sparse = 64

// mark sorts different rows of integers that are near to each other: it makes a number of
// each row, marks it in a bitmap and reads the marked numbers from there, from row offset to row end. It puts new columns
// in the place of the old. done is false, and nothing done, where the rows are others.
func (c *comparer) mark(check func() error, offset, end int) (done bool, err error) {
	scales, width, ok := c.scales()
	if !ok || !c.rows.distinct || 1<<width/sparse > c.rows.n {
		return false, check()
	}
	numbers := make([]uint64, c.rows.n)
	for i, k := range c.keys {
		scales[i].extend(numbers, k.Terms)
	}
	marks := make([]uint64, 1<<width/64+1)
	if err := chunked(check, len(numbers), func(from, to int) {
		for _, n := range numbers[from:to] {
			marks[n/64] |= 1 << (n % 64)
		}
	}); err != nil {
		return false, err
	}
	if err := readMarks(check, marks, numbers); err != nil {
		return false, err
	}
	cols := make([]Column, len(c.rows.cols))
	for i := len(c.keys) - 1; i >= 0; i-- {
		cols[c.keys[i].at].Terms = scales[i].take(numbers[offset:end])
	}
	c.rows.cols = cols
	return true, check()
}

// scales divides a number among the keys, the first of them highest. ok is false where not all are integers, or they take too many bits.
func (c *comparer) scales() (scales []scale, width int, ok bool) {
	for _, k := range c.keys {
		s, ok := k.scale()
		if width += s.width; !ok || width > 40 {
			return nil, 0, false
		}
		scales = append(scales, s)
	}
	return scales, width, true
}

// scale is that of a key in all rows; ok is false where not all are integers.
func (k key) scale() (s scale, ok bool) {
	b := noBounds()
	for _, t := range k.Terms {
		if !b.add(t) {
			return s, false
		}
	}
	return b.scale(k.desc), k.Terms != nil
}

// readMarks puts the numbers that are marked in their order into numbers, which has one for each.
func readMarks(check func() error, marks, numbers []uint64) error {
	row := 0
	return chunked(check, len(marks), func(from, to int) {
		for i, word := range marks[from:to] {
			for ; word != 0; word &= word - 1 {
				numbers[row] = uint64(from+i)*64 + uint64(bits.TrailingZeros64(word))
				row++
			}
		}
	})
}
