package exec

import "slices"

// whole puts every row together with all of its span.
func (b *probe) whole() (*rel, error) {
	s, err := b.spread()
	if err != nil {
		return nil, err
	}
	b.run.scanned += s.n
	return b.put(s, s.matches)
}

// put makes the columns of a spread; take gives those of the side.
func (b *probe) put(s *spread, take func(col []term) []term) (*rel, error) {
	kept := b.now.keep(b.keep)
	out := &rel{vars: slices.Clone(kept.vars), n: s.n}
	for _, col := range kept.cols {
		out.cols = append(out.cols, repeated(s, col))
	}
	if kept.weights != nil {
		out.weights = repeated(s, kept.weights)
	}
	b.extend(out, take, func() []term { return s.ops(b.side) })
	return out, b.run.guard.Check()
}

// some puts every row together with what of its span passes.
func (b *probe) some() (*rel, error) {
	rows, at, err := b.passing()
	if err != nil {
		return nil, err
	}
	b.run.scanned += len(at)
	if len(at) == b.now.n && identity(rows) {
		rows = nil
	}
	if err := b.room(len(at)); err != nil {
		return nil, err
	}
	return b.gather(rows, at)
}

// passing lists rows with the rows of the side in their spans that pass.
func (b *probe) passing() (rows, at []int32, err error) {
	rows, at = make([]int32, 0, b.now.n), make([]int32, 0, b.now.n)
	looked := 0
	for row := range b.now.n {
		s := b.narrowed(row, b.spanOf(row))
		for i := s.lo; i < s.hi; i++ {
			if b.passes(row, i) {
				rows, at = append(rows, int32(row)), append(at, i)
			}
		}
		if looked += s.len() + 1; looked >= checkEvery {
			looked = 0
			if err := b.run.room(len(at), 8*len(at)); err != nil {
				return nil, nil, err
			}
		}
	}
	return rows, at, nil
}

func identity(rows []int32) bool {
	for i, row := range rows {
		if row != int32(i) {
			return false
		}
	}
	return true
}

// room looks at all limits for a relation of n rows that takes so many bytes.
func (r *run) room(n, bytes int) error {
	if err := r.guard.Rows(n); err != nil {
		return err
	}
	return r.guard.Fits(int64(bytes))
}

// gather makes the columns of pairs; rows is nil when each row has one.
func (b *probe) gather(rows, at []int32) (*rel, error) {
	kept := b.now.keep(b.keep)
	out := &rel{vars: slices.Clone(kept.vars), cols: slices.Clone(kept.cols), n: len(at), weights: kept.weights}
	if rows != nil {
		for c, col := range out.cols {
			out.cols[c] = gatherUntil(b.run.guard.Check, col, rows)
		}
		if kept.weights != nil {
			out.weights = gatherUntil(b.run.guard.Check, kept.weights, rows)
		}
	}
	b.extend(out, func(col []term) []term { return gatherUntil(b.run.guard.Check, col, at) }, func() []term {
		col := make([]term, len(at))
		for i, j := range at {
			col[i] = b.side.addedTerm(j)
		}
		return col
	})
	return out, b.run.guard.Check()
}
