package answer

import (
	"math"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// groups numbers rows by what they agree in, from 0 on, as they come.
type groups struct {
	of    []int32 // the group of each row; nil: all are in group 0
	first []int32 // the first row of each group
}

// in is the group of a row.
func (g *groups) in(row int) int32 {
	if g.of == nil {
		return 0
	}
	return g.of[row]
}

// group groups the table's rows by the variables.
func (b *builder) group(vars []lang.Var) (*groups, error) {
	if b.table.N == 0 {
		return &groups{}, nil
	}
	g := &groups{first: []int32{0}}
	for _, v := range vars {
		var err error
		if g, err = b.split(g, b.terms(v)); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// split divides groups further by a column.
func (b *builder) split(g *groups, col []engine.Term) (*groups, error) {
	const held = 4 + 4 // bytes a row, at most
	if err := b.guard.Hold(int64(held * len(col))); err != nil {
		return nil, err
	}
	out := &groups{of: make([]int32, len(col))}
	if lo, size, ok := dense(col); ok && size*len(g.first) <= 2*len(col)+chunk {
		return out, b.splitDense(g, out, col, lo, size)
	}
	t := newNumbering()
	err := chunked(b.guard.Check, len(col), func(from, to int) {
		for row := from; row < to; row++ {
			id, fresh := t.id(g.in(row), col[row])
			if fresh {
				out.first = append(out.first, int32(row))
			}
			out.of[row] = id
		}
	})
	return out, err
}

// dense tells whether all terms are of one kind and near to each other: their payloads are
// lo and up to size above it.
func dense(col []engine.Term) (lo int64, size int, ok bool) {
	lo, hi, tag := int64(math.MaxInt64), int64(math.MinInt64), col[0].Tag()
	for _, t := range col {
		if t.Tag() != tag {
			return 0, 0, false
		}
		lo, hi = min(lo, t.Int()), max(hi, t.Int())
	}
	if uint64(hi-lo) >= math.MaxInt32 {
		return 0, 0, false
	}
	return lo, int(hi-lo) + 1, true
}

// splitDense looks the groups up in an array.
func (b *builder) splitDense(g, out *groups, col []engine.Term, lo int64, size int) error {
	ids := make([]int32, size*len(g.first)) // one more than the group; 0: none yet
	return chunked(b.guard.Check, len(col), func(from, to int) {
		for row := from; row < to; row++ {
			id := &ids[int(g.in(row))*size+int(col[row].Int()-lo)]
			if *id == 0 {
				out.first = append(out.first, int32(row))
				*id = int32(len(out.first))
			}
			out.of[row] = *id - 1
		}
	})
}

// numbering numbers different pairs of a group and a term.
type numbering struct {
	slots []slot
	n     int32
	shift int // of a hash, to a place among the slots
}

type slot struct {
	term  engine.Term
	group int32
	id    int32 // one more than the number; 0: free
}

func newNumbering() *numbering {
	const first = 8
	return &numbering{slots: make([]slot, 1<<first), shift: 64 - first}
}

func (t *numbering) hash(group int32, term engine.Term) int {
	h := uint64(term) ^ uint64(group)*0xff51afd7ed558ccd
	return int((h ^ h>>32) * 0x9e3779b97f4a7c15 >> t.shift)
}

// id is the number of a group and a term; fresh tells that they are new.
func (t *numbering) id(group int32, term engine.Term) (id int32, fresh bool) {
	for i := t.hash(group, term); ; i = (i + 1) & (len(t.slots) - 1) {
		s := &t.slots[i]
		switch {
		case s.id == 0:
			t.n++
			*s = slot{term, group, t.n}
			if int(t.n) > len(t.slots)/2 {
				t.grow()
			}
			return t.n - 1, true
		case s.term == term && s.group == group:
			return s.id - 1, false
		}
	}
}

func (t *numbering) grow() {
	old := t.slots
	t.slots, t.shift = make([]slot, 2*len(old)), t.shift-1
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		i := t.hash(s.group, s.term)
		for t.slots[i].id != 0 {
			i = (i + 1) & (len(t.slots) - 1)
		}
		t.slots[i] = s
	}
}
