package exec

import "slices"

// most is how many rows of a column room is made for at once: to clear memory takes time too, and a limit may come first.
const most = 1 << 21

// stretch is how many rows are made between two looks at the limits.
const stretch = 1 << 17

// spread puts every row of a relation together with all of its span of a side, column by column and without a list of pairs.
// The spans are known before, so that a limit of rows or memory is met before there is anything of them.
type spread struct {
	check func() error
	rows  int
	one   span   // of every row, unless each has its own
	spans []span // nil when there is one for all
	n     int    // rows that come of it
	same  bool   // each row has one match
}

// spread finds the spans of all rows.
func (b *probe) spread() (*spread, error) {
	s := &spread{check: b.run.guard.Check, rows: b.now.n, one: b.span}
	if b.key.kind != bound {
		s.n, s.same = s.rows*s.one.len(), s.one.len() == 1
		return s, b.room(s.n)
	}
	s.spans, s.same = make([]span, s.rows), true
	for row := range s.spans {
		if row%checkEvery == 0 {
			if err := b.room(s.n); err != nil {
				return nil, err
			}
		}
		found := b.side.groups.find(b.key.col[row])
		s.spans[row] = found
		s.n += found.len()
		s.same = s.same && found.len() == 1
	}
	return s, b.room(s.n)
}

// room looks at the limits for n rows of what goes on.
func (b *probe) room(n int) error { return b.run.room(n, 8*len(b.keep)*n) }

func (s *spread) of(row int) span {
	if s.spans == nil {
		return s.one
	}
	return s.spans[row]
}

// repeated is a column of the rows, each element as often as the row has matches. Once a limit is met it is nil.
func repeated[T any](s *spread, col []T) []T {
	if s.same {
		return col
	}
	return assemble(s, func(dst []T, row int, part span) {
		x := col[row]
		for i := range dst {
			dst[i] = x
		}
	})
}

// matches is a column of the side, a span after the other. Once a limit is met it is nil or not whole.
func (s *spread) matches(col []term) []term {
	switch {
	case s.rows == 1:
		at := s.of(0)
		return col[at.lo:at.hi:at.hi]
	case s.same && s.spans != nil:
		return s.singles(col)
	}
	return assemble(s, func(dst []term, _ int, part span) { copy(dst, col[part.lo:part.hi]) })
}

// singles is matches where each row has one.
func (s *spread) singles(col []term) []term {
	if s.check() != nil {
		return nil
	}
	out := make([]term, s.n)
	for lo := 0; lo < s.n && s.check() == nil; lo += stretch {
		part := s.spans[lo:min(lo+stretch, s.n)]
		for i, at := range part {
			out[lo+i] = col[at.lo]
		}
	}
	return out
}

// ops tells of each match whether it was added.
func (s *spread) ops(of *side) []term {
	return assemble(s, func(dst []term, _ int, part span) {
		for i := range dst {
			dst[i] = of.addedTerm(part.lo + int32(i))
		}
	})
}

// assemble makes a column in which put writes what comes of a row and a part of its span. Once a limit is met it is nil.
func assemble[T any](s *spread, put func(dst []T, row int, part span)) []T {
	if s.check() != nil {
		return nil
	}
	out := make([]T, min(s.n, most))
	var full [][]T // what goes before out, when there is more than most
	made, looked := 0, 0
	for row := range s.rows {
		for rest := s.of(row); rest.lo < rest.hi; {
			if made == len(out) {
				if full = append(full, out); s.check() != nil {
					return nil
				}
				out, made = make([]T, min(s.n-len(full)*most, most)), 0
			}
			part := span{rest.lo, min(rest.hi, rest.lo+int32(min(stretch, len(out)-made)))}
			put(out[made:made+part.len()], row, part)
			rest.lo = part.hi
			made, looked = made+part.len(), looked+part.len()
			if looked >= stretch {
				looked = 0
				if s.check() != nil {
					return nil
				}
			}
		}
	}
	if full == nil {
		return out
	}
	return joined(s.check, append(full, out), s.n)
}

// joined is parts one after another.
func joined[T any](check func() error, parts [][]T, n int) []T {
	if check() != nil {
		return nil
	}
	out := make([]T, n)
	i := 0
	for _, part := range parts {
		for piece := range slices.Chunk(part, stretch) {
			if check() != nil {
				return nil
			}
			i += copy(out[i:], piece)
		}
	}
	return out
}
