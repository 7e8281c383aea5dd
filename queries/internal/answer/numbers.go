package answer

import (
	"math"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// foldNumbers computes an aggregate of a column of nothing but integers, or nothing but
// doubles; done is false for other columns and aggregates.
func (b *builder) foldNumbers(e lang.Element, g *groups) (c Column, done bool, err error) {
	col := b.terms(e.Var)
	switch name := e.Aggregate.Name; name {
	case "min", "max":
		if tag := col[0].Tag(); tag == engine.IntTag && b.allInts(col) {
			c, err = b.extremes(col, g, name == "max")
			return c, true, err
		}
		return c, false, nil
	case "sum", "avg":
		if most, ok := b.largest(col); ok && most < exactly/uint64(len(col)) {
			c, err = b.sums(col, g, name == "avg")
			return c, true, err
		}
	}
	if e.Aggregate.OfFloats == nil {
		return c, false, nil
	}
	return b.foldFloats(e, col, g)
}

// exactly is up to where doubles have all integers: sums below it are exact, in any order.
const exactly = 1 << 53

func (b *builder) allInts(col []engine.Term) bool {
	for _, t := range col {
		if !t.IsInt() {
			return false
		}
	}
	return true
}

// largest is the largest magnitude in a column of integers.
func (b *builder) largest(col []engine.Term) (most uint64, ok bool) {
	for _, t := range col {
		if !t.IsInt() {
			return 0, false
		}
		most = max(most, magnitude(t.Int()))
	}
	return most, true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// extremes finds the smallest or largest integer of each group.
func (b *builder) extremes(col []engine.Term, g *groups, largest bool) (Column, error) {
	best := pick(col, g.first)
	err := chunked(b.guard.Check, len(col), func(from, to int) {
		for row := from; row < to; row++ {
			if id, t := g.in(row), col[row]; t != best[id] && (int64(t) > int64(best[id])) == largest {
				best[id] = t
			}
		}
	})
	return Column{Terms: best}, err
}

// sums adds up the integers of each group, which cannot overflow, and divides by their number if mean is set.
func (b *builder) sums(col []engine.Term, g *groups, mean bool) (Column, error) {
	sums, counts := make([]int64, len(g.first)), make([]int64, len(g.first))
	err := chunked(b.guard.Check, len(col), func(from, to int) {
		if g.of == nil {
			for _, t := range col[from:to] {
				sums[0] += t.Int()
			}
			counts[0] += int64(to - from)
			return
		}
		for row := from; row < to; row++ {
			id := g.of[row]
			sums[id] += col[row].Int()
			counts[id]++
		}
	})
	if !mean {
		return b.integers(sums), err
	}
	c := Column{Values: make([]edn.Value, len(sums))}
	for i, sum := range sums {
		c.Values[i] = edn.MakeFloat(float64(sum) / float64(counts[i]))
	}
	return c, err
}

// foldFloats collects the doubles of each group, or its integers where the aggregate makes doubles of them anyway.
func (b *builder) foldFloats(e lang.Element, col []engine.Term, g *groups) (c Column, done bool, err error) {
	if err := b.guard.Hold(8 * int64(len(col))); err != nil {
		return c, false, err
	}
	ends := make([]int, len(g.first)+1)
	for row := range col {
		ends[g.in(row)+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	fs, at, fits := make([]float64, len(col)), ends[:len(g.first)], true
	err = chunked(b.guard.Check, len(col), func(from, to int) {
		for row := from; row < to && fits; row++ {
			id := g.in(row)
			fs[at[id]], fits = b.float(col[row], e.Aggregate.Name != "sum")
			at[id]++
		}
	})
	if err != nil || !fits {
		return c, false, err
	}
	c.Values = make([]edn.Value, len(g.first))
	from := 0
	for i, to := range at {
		if err := b.guard.Check(); err != nil {
			return c, false, err
		}
		c.Values[i] = edn.MakeFloat(e.Aggregate.OfFloats(fs[from:to]))
		from = to
	}
	return c, true, b.guard.Hold(-8 * int64(len(col)))
}

// float is the double of a term; ok is false when it has none.
func (b *builder) float(t engine.Term, ints bool) (f float64, ok bool) {
	if t.IsInt() {
		return float64(t.Int()), ints
	}
	v := b.table.Dict.Value(t)
	if v.Kind() != edn.Float {
		return math.NaN(), false
	}
	return v.Float(), true
}
