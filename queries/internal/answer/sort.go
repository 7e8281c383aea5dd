package answer

import "slices"

// fewOf is how small a part of the rows is found without sorting all of them.
const fewOf = 16

// sort finds the places of the rows that are shown, in their order; nil: all as they stand,
// in the columns that it may have put others in the place of.
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
		places, err = rowNumbers(check, r.n)
	case end <= r.n/fewOf:
		places, err = c.top(end, check)
	default:
		if done, err := c.mark(check, r.offset, end); done || err != nil {
			return nil, err
		}
		places, err = sortAll(c, check)
	}
	if err != nil {
		return nil, err
	}
	return places[r.offset:end], nil
}

func rowNumbers(check func() error, n int) ([]uint32, error) {
	rows := make([]uint32, n)
	return rows, chunked(check, n, func(from, to int) {
		for i := from; i < to; i++ {
			rows[i] = uint32(i)
		}
	})
}

// sortAll sorts all rows: by the keys, then by what tells apart values that compare as equal.
func sortAll(c *comparer, check func() error) ([]uint32, error) {
	n := c.rows.n
	places, err := rowNumbers(check, n)
	if err != nil {
		return nil, err
	}
	s := &sorter{comparer: c, check: check, places: places, ties: []span{{0, n}}, tied: n}
	keys := c.keys
	var unclear []int
	for len(keys) > 0 && s.tied > 0 {
		used, more, err := s.round(keys)
		if err != nil {
			return nil, err
		}
		unclear, keys = append(unclear, more...), keys[used:]
	}
	slices.Sort(unclear)
	for _, column := range unclear {
		if s.tied > 0 {
			if err := s.tieBreak(column); err != nil {
				return nil, err
			}
		}
	}
	return s.places, nil
}
