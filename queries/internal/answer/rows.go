package answer

import (
	"fmt"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries/internal/lang"
	"github.com/dhfs/dhfs/queries/internal/limit"
	"github.com/dhfs/dhfs/queries/internal/terms"
)

// Column is one column of a result: terms of its dictionary or, where Terms is nil, values.
type Column struct {
	Terms  []engine.Term
	Values []edn.Value
}

// Rows is a result. Its rows are in an order that is the same every time: that of
// :order-by and, where it does not decide, that of the values. They are put into it when the first
// is read. Any number of goroutines may read.
type Rows struct {
	cols  []Column // those shown, then hidden ones, which only decide the order
	width int      // how many are shown
	dict  *terms.Dict
	n     int // rows before the cut

	order         []lang.Order
	offset, limit int // limit -1: all

	once   sync.Once
	places []uint32 // where the rows stand in the columns; nil: as they are

	distinct bool  // no two rows are the same
	bytes    int64 // of columns and places
}

// NewRows makes rows of columns of values, all of one length, to be shown as they are.
func NewRows(n int, cols []Column) *Rows {
	r := &Rows{cols: cols, width: len(cols), n: n, limit: -1}
	r.once.Do(func() {})
	r.measure()
	return r
}

// Len is the number of rows.
func (r *Rows) Len() int {
	n := max(r.n-r.offset, 0)
	if r.limit >= 0 {
		n = min(n, r.limit)
	}
	return n
}

// Columns are the columns. A row is not where its number says but at its place.
func (r *Rows) Columns() []Column {
	r.Places() // which may make new ones
	return r.cols[:r.width]
}

// Dict is the dictionary of the terms.
func (r *Rows) Dict() *terms.Dict { return r.dict }

// Places says where in the columns each row stands; nil: where its number says.
// Place is where in the columns a row stands.
func (r *Rows) Places() []uint32 {
	r.once.Do(func() {
		r.places, _ = r.sort(func() error { return nil }) // which nothing can stop
	})
	return r.places
}

// sortUnder puts the rows in order now, within the limits.
func (r *Rows) sortUnder(g *limit.Guard) (err error) {
	const sorting = 2*8 + 2*4 // bytes a row while it is done
	if err := g.Fits(int64(r.n) * sorting); err != nil {
		return err
	}
	if err := g.Hold(int64(r.n) * sorting); err != nil {
		return err
	}
	r.once.Do(func() { r.places, err = r.sort(g.Check) })
	if err != nil {
		return err
	}
	if r.Len() < r.n/fewOf {
		r.settle()
	}
	return g.Hold(int64(len(r.places))*4 - int64(r.n)*sorting)
}

// settle leaves nothing but the rows that are shown, each where its number says.
func (r *Rows) settle() {
	for i := range r.cols {
		r.cols[i] = r.arranged(&r.cols[i])
	}
	r.n, r.offset, r.limit, r.places = r.Len(), 0, -1, nil
}

// arranged is a column in the order of the rows.
func (r *Rows) arranged(c *Column) Column {
	places := r.Places()
	if places == nil {
		return Column{Terms: cut(c.Terms, r.Len()), Values: cut(c.Values, r.Len())}
	}
	return Column{Terms: pick(c.Terms, places), Values: pick(c.Values, places)}
}

// cut is a copy of the first n items, so that nothing holds on to the others; all of them where there are no more.
func cut[T any](items []T, n int) []T {
	if len(items) <= n {
		return items
	}
	return slices.Clone(items[:n])
}

// Value is what stands in a row and column.
func (r *Rows) Value(row, column int) edn.Value {
	return r.at(&r.cols[column], r.Place(row))
}

// Place is where in the columns a row stands.
func (r *Rows) Place(row int) uint32 {
	if n := r.Len(); row < 0 || row >= n {
		panic(fmt.Sprintf("row %d of %d", row, n))
	}
	if places := r.Places(); places != nil {
		return places[row]
	}
	return uint32(row)
}

// At is what stands in a column at a place.
func (r *Rows) At(column int, place uint32) edn.Value { return r.at(&r.cols[column], place) }

func (r *Rows) at(c *Column, place uint32) edn.Value {
	if c.Terms != nil {
		return r.dict.Value(c.Terms[place])
	}
	return c.Values[place]
}

// First is the first n rows, or all when there are fewer.
func (r *Rows) First(n int) *Rows {
	places := r.Places()
	n = min(n, r.Len())
	if places != nil {
		places = places[:n]
	}
	first := &Rows{cols: r.cols, width: r.width, dict: r.dict, n: n, limit: -1, places: places}
	first.once.Do(func() {})
	first.bytes = r.bytes
	return first
}

// Bytes is about what the rows hold in memory, without what values point to.
func (r *Rows) Bytes() int64 {
	if r.dict == nil {
		return r.bytes
	}
	return r.bytes + r.dict.Bytes()
}

// measure notes what the rows hold, before others may read them.
func (r *Rows) measure() {
	const placeBytes, termBytes = 4, 8
	r.bytes = int64(placeBytes * r.n)
	for _, c := range r.cols {
		r.bytes += int64(termBytes*len(c.Terms) + valueBytes*len(c.Values))
	}
}
