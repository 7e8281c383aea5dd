package answer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/fn"
)

// key is a column that rows are ordered by.
type key struct {
	*Column
	at   int // which it is
	desc bool
}

// keys are the columns of :order-by, then all others.
func (r *Rows) keys() []key {
	var keys []key
	seen := make([]bool, len(r.cols))
	for _, o := range r.order {
		if !seen[o.Column] {
			keys, seen[o.Column] = append(keys, key{&r.cols[o.Column], o.Column, o.Desc}), true
		}
	}
	for c := range r.cols {
		if !seen[c] {
			keys = append(keys, key{&r.cols[c], c, false})
		}
	}
	return keys
}

// comparer compares rows where they stand.
type comparer struct {
	rows *Rows
	keys []key
}

func (c *comparer) compare(x, y uint32) int {
	for _, k := range c.keys {
		if d := c.rows.compareAt(k, x, y); d != 0 {
			return d
		}
	}
	for i := range c.rows.cols {
		if d := c.rows.compareTied(&c.rows.cols[i], x, y); d != 0 {
			return d
		}
	}
	return 0
}

func (r *Rows) compareAt(k key, x, y uint32) int {
	if k.desc {
		x, y = y, x
	}
	if k.Terms == nil {
		return compareValues(k.Values[x], k.Values[y])
	}
	a, b := k.Terms[x], k.Terms[y]
	switch {
	case a == b:
		return 0
	case a.IsInt() && b.IsInt():
		return cmp.Compare(int64(a), int64(b))
	}
	return edn.Compare(r.dict.Value(a), r.dict.Value(b))
}

// compareTied tells apart different values that compare as equal, such as 1 and 1N.
func (r *Rows) compareTied(c *Column, x, y uint32) int {
	if c.Terms != nil && c.Terms[x] == c.Terms[y] {
		return 0
	}
	a, b := r.at(c, x), r.at(c, y)
	if !ambiguous(a.Kind()) && !ambiguous(b.Kind()) {
		return 0
	}
	return strings.Compare(fn.Key(a), fn.Key(b))
}

// ambiguous tells the kinds that have different values which compare as equal.
func ambiguous(k edn.Kind) bool {
	switch k {
	case edn.BigInt, edn.BigDec, edn.List, edn.Vector, edn.Set, edn.Map, edn.Tagged:
		return true
	}
	return false
}

func compareValues(a, b edn.Value) int {
	if a.Kind() == edn.Int && b.Kind() == edn.Int {
		return cmp.Compare(a.Int(), b.Int())
	}
	return edn.Compare(a, b)
}

// inOrder tells whether the rows are in order as they stand, which they often are.
func (c *comparer) inOrder(check func() error) (bool, error) {
	sorted := true
	err := chunked(check, c.rows.n, func(from, to int) {
		sorted = sorted && c.rising(uint32(max(from, 1)), uint32(to))
	})
	return sorted, err
}

// rising tells whether none of these rows comes before the one that it follows.
func (c *comparer) rising(from, to uint32) bool {
	if first := c.keys[0]; first.Terms != nil && !first.desc {
		return c.risingTerms(first.Terms, from, to)
	}
	for i := from; i < to; i++ {
		if c.compare(i-1, i) > 0 {
			return false
		}
	}
	return true
}

// risingTerms is rising where a column of integers decides most comparisons.
func (c *comparer) risingTerms(col []engine.Term, from, to uint32) bool {
	for i := from; i < to; i++ {
		if a, b := col[i-1], col[i]; a.IsInt() && b.IsInt() && int64(a) < int64(b) {
			continue
		}
		if c.compare(i-1, i) > 0 {
			return false
		}
	}
	return true
}

// top finds the first k rows by keeping the best so far in a heap with the worst on top.
func (c *comparer) top(k int, check func() error) ([]uint32, error) {
	heap := make([]uint32, k)
	for i := range heap {
		heap[i] = uint32(i)
	}
	for i := k/2 - 1; i >= 0; i-- {
		c.sink(heap, i)
	}
	err := chunked(check, c.rows.n, func(from, to int) {
		for row := uint32(max(from, k)); row < uint32(to); row++ {
			if c.compare(row, heap[0]) < 0 {
				heap[0] = row
				c.sink(heap, 0)
			}
		}
	})
	slices.SortFunc(heap, c.compare)
	return heap, err
}

// sink moves the row at i down to where no row below it comes after it.
func (c *comparer) sink(heap []uint32, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && c.compare(heap[child+1], heap[child]) > 0 {
			child++
		}
		if c.compare(heap[i], heap[child]) >= 0 {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
