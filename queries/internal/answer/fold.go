package answer

import (
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
)

// fold computes an aggregate of every group.
func (b *builder) fold(e lang.Element, g *groups) (Column, error) {
	if err := b.sameArguments(e, g); err != nil || len(g.first) == 0 {
		return Column{}, err
	}
	if len(e.Args) == 0 {
		switch name := e.Aggregate.Name; name {
		case "count":
			return b.count(g)
		case "count-distinct":
			return b.countDistinct(e, g)
		default:
			if c, done, err := b.foldNumbers(e, g); done || err != nil {
				return c, err
			}
		}
	}
	return b.foldValues(e, g)
}

// sameArguments refuses arguments before the variable that are not the same in all of a group.
func (b *builder) sameArguments(e lang.Element, g *groups) error {
	for _, t := range e.Args {
		if t.Kind != lang.Variable {
			continue
		}
		col := b.terms(t.Var)
		for row, arg := range col {
			if arg != col[g.first[g.in(row)]] {
				return lang.Refuse(lang.BadValue, e.Pos, "%s: %s has several values in one group", e.Text, t.Var).Try("add %s to :find", t.Var)
			}
		}
	}
	return nil
}

// count counts the rows of each group, each as often as it weighs.
func (b *builder) count(g *groups) (Column, error) {
	counts := make([]int64, len(g.first))
	weights := b.table.Weights
	err := chunked(b.guard.Check, b.table.N, func(from, to int) {
		switch {
		case weights == nil && g.of == nil:
			counts[0] += int64(to - from)
		case weights == nil:
			for _, id := range g.of[from:to] {
				counts[id]++
			}
		default:
			for row := from; row < to; row++ {
				counts[g.in(row)] += weights[row]
			}
		}
	})
	return b.integers(counts), err
}

// countDistinct counts the different terms of each group.
func (b *builder) countDistinct(e lang.Element, g *groups) (Column, error) {
	pairs, err := b.split(g, b.terms(e.Var))
	if err != nil {
		return Column{}, err
	}
	counts := make([]int64, len(g.first))
	for _, row := range pairs.first {
		counts[g.in(int(row))]++
	}
	return b.integers(counts), b.release(g)
}

// release gives back what a split held whose groups are not used any more.
func (b *builder) release(*groups) error { return b.guard.Hold(-8 * int64(b.table.N)) }

// once are the aggregates to which it does not matter how often a group has a value.
var once = map[string]bool{"min": true, "max": true, "distinct": true}

// foldValues computes an aggregate value by value.
func (b *builder) foldValues(e lang.Element, g *groups) (Column, error) {
	f, err := b.newFolder(e, g)
	if err != nil {
		return Column{}, err
	}
	if len(e.Args) == 0 && once[e.Aggregate.Name] {
		pairs, err := b.split(g, f.col)
		if err == nil {
			err = f.addEach(pairs.first)
		}
		if err == nil {
			err = b.release(pairs)
		}
		if err != nil {
			return Column{}, err
		}
		return f.results()
	}
	if err := b.guard.Hold(valueBytes * int64(b.table.N)); err != nil {
		return Column{}, err
	}
	for row := range f.col {
		if err := f.add(row); err != nil {
			return Column{}, err
		}
	}
	return f.results()
}

// valueBytes is what a value takes in memory without what it points to.
const valueBytes = 32

func (b *builder) argument(t lang.Term, row int32) edn.Value {
	if t.Kind == lang.Variable {
		return b.table.Dict.Value(b.terms(t.Var)[row])
	}
	return t.Value
}
