package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
	"sync/atomic"
	"unsafe"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/dhfs/dhfs/engine/index"
)

// datomLayout lays out the leaves of all trees of datoms: six kinds, one for
// every order with and without history. FORMAT.md, "Datom leaves".
type datomLayout struct {
	order   Index
	history bool // keys end in t and whether it was added; there is no payload
}

// Kind is 1 to 3 for the orders, 4 to 6 for their history.
func (l datomLayout) Kind() uint64 {
	k := uint64(l.order) + 1
	if l.history {
		k += 3
	}
	return k
}

// fixed is how many bytes a datom takes in a leaf besides what its key does not
// share with the key before it, by order: measured on data of small numbers and
// names. In AVET it is the most, since equal values are written again.
var fixed = [2][3]int{{2, 1, 6}, {0, 0, 4}}

// Fixed is less in history, whose keys contain t.
func (l datomLayout) Fixed() int {
	if l.history {
		return fixed[1][l.order]
	}
	return fixed[0][l.order]
}

func (l datomLayout) Sums() bool { return false }

// items is the number of items in a leaf.
func (l datomLayout) items() int {
	n := 7
	if l.order == EAVT {
		n++
	}
	if l.history {
		n++
	}
	return n
}

// Encode writes [kind, 0, n, [Δe…], [Δa…], kinds, [v…], [Δt…], retracted]: the
// attributes only in EAVT, the bits of what was retracted only in history.
func (l datomLayout) Encode(run []index.Entry) ([]byte, error) {
	c, err := l.columns(run)
	if err != nil {
		return nil, err
	}
	size := 32
	for i := range run {
		size += len(run[i].Key) + 4
	}
	dst := make([]byte, 0, size)
	dst = dagcbor.AppendArray(dst, l.items())
	dst = dagcbor.AppendUint(dst, l.Kind())
	dst = dagcbor.AppendUint(dst, 0)
	dst = dagcbor.AppendUint(dst, uint64(len(run)))
	dst = appendDeltas(dst, c.E)
	if l.order == EAVT {
		dst = appendAttributeDeltas(dst, c.A)
	}
	dst = appendValues(dst, c.V)
	dst = appendDeltas(dst, c.T)
	if l.history {
		dst = appendRetracted(dst, c.Added)
	}
	return dst, nil
}

// columns reads the keys and payloads of a run. Text aliases the keys.
func (l datomLayout) columns(run []index.Entry) (Columns, error) {
	c := newColumns(len(run), l.order == EAVT, l.history)
	var d Datom
	for i := range run {
		e := &run[i]
		if err := l.parseInto(&d, aliased(e.Key), aliased(e.Val)); err != nil {
			return Columns{}, fmt.Errorf("entry %d, key %x: %w", i, e.Key, err)
		}
		if !d.V.isText() {
			return Columns{}, fmt.Errorf("text of entity %d, attribute %d is not UTF-8: %.40q", d.E, d.A, d.V.str)
		}
		c.set(i, &d)
	}
	return c, nil
}

func newColumns(n int, attributes, added bool) Columns {
	c := Columns{E: make([]ID, n), V: make([]Value, n), T: make([]uint64, n)}
	if attributes {
		c.A = make([]ID, n)
	}
	if added {
		c.Added = make([]bool, n)
	}
	return c
}

func (c *Columns) set(i int, d *Datom) {
	c.E[i], c.V[i], c.T[i] = d.E, d.V, d.T
	if c.A != nil {
		c.A[i] = d.A
	}
	if c.Added != nil {
		c.Added[i] = d.Added
	}
}

// aliased is b as a string without a copy: b must not change as long as the string is in use.
func aliased(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Decode reads what Encode wrote, strictly. Text aliases data.
func (l datomLayout) Decode(data []byte) (index.Leaf, error) {
	r := dagcbor.NewReader(data)
	items, kind, level, n := r.Array(), r.Uint(), r.Uint(), r.Uint()
	if r.Err() == nil && (items != l.items() || kind != l.Kind() || level != 0 || n == 0 || n > uint64(len(data))) {
		return nil, fmt.Errorf("leaf of %d items, kind %d, level %d and %d datoms is none of kind %d", items, kind, level, n, l.Kind())
	}
	leaf := &datomLeaf{layout: l, size: len(data)}
	leaf.E = readDeltas[ID](r, int(n), l.order != AVET)
	if l.order == EAVT {
		leaf.A = readAttributeDeltas(r, int(n))
	}
	leaf.V = readValues(r, int(n))
	leaf.T = readDeltas[uint64](r, int(n), false)
	if l.history {
		leaf.Added = readRetracted(r, int(n))
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	leaf.out = slices.ContainsFunc(leaf.V, func(v Value) bool { return v.out })
	return leaf, leaf.checkOrder()
}

// datomLeaf is a decoded leaf. Its columns are shared with whoever reads the tree.
type datomLeaf struct {
	Columns
	layout datomLayout
	size   int  // in bytes, as stored
	out    bool // some values live out of line
	known  atomic.Pointer[knownTerms]
}

func (f *datomLeaf) Len() int    { return len(f.E) }
func (f *datomLeaf) Max() uint64 { return 0 }

func (f *datomLeaf) Bytes() int {
	return f.size + len(f.E)*(8+8+8+int(unsafe.Sizeof(Value{}))) + 8*len(f.A) + len(f.Added) + int(unsafe.Sizeof(*f))
}

func (f *datomLeaf) AppendKey(dst []byte, i int) []byte {
	return f.layout.appendKey(dst, f.datom(i))
}

func (f *datomLeaf) AppendVal(dst []byte, i int) []byte {
	if f.layout.history {
		return dst
	}
	return appendUint(dst, f.T[i])
}

// Search narrows down by the key's first component before it makes keys to compare.
func (f *datomLeaf) Search(key []byte) int {
	r := keyReader{rest: aliased(key)}
	lo, hi := 0, len(f.E)
	if f.layout.order == AVET {
		if v := r.value(); !r.bad {
			lo, hi = f.equalRange(func(i int) int { return Compare(f.V[i], v) })
		}
	} else if e := ID(r.uint()); !r.bad {
		lo, hi = f.equalRange(func(i int) int { return cmp.Compare(f.E[i], e) })
	}
	if lo == hi {
		return lo
	}
	var scratch [128]byte
	return lo + sort.Search(hi-lo, func(i int) bool {
		return bytes.Compare(f.AppendKey(scratch[:0], lo+i), key) >= 0
	})
}

// equalRange is the rows for which compare is 0; it rises.
func (f *datomLeaf) equalRange(compare func(i int) int) (lo, hi int) {
	lo = sort.Search(len(f.E), func(i int) bool { return compare(i) >= 0 })
	return lo, lo + sort.Search(len(f.E)-lo, func(i int) bool { return compare(lo+i) > 0 })
}

// datom is row i; its attribute is 0 in a tree of one attribute.
func (c *Columns) datom(i int) Datom {
	d := Datom{E: c.E[i], V: c.V[i], T: c.T[i], Added: true}
	if c.A != nil {
		d.A = c.A[i]
	}
	if c.Added != nil {
		d.Added = c.Added[i]
	}
	return d
}

// checkOrder tells whether the keys rise, each once.
func (f *datomLeaf) checkOrder() error {
	for i := 1; i < len(f.E); i++ {
		if f.compare(i-1, i) >= 0 {
			return fmt.Errorf("datom %d does not come after the one before it", i)
		}
	}
	return nil
}

// compare compares the keys of two rows.
func (f *datomLeaf) compare(i, j int) int {
	return f.layout.order.compare(&f.Columns, i, &f.Columns, j, f.layout.history)
}

// compare compares row i of a with row j of b as the keys of this order do; ops
// tells whether t and what was done are part of them.
func (o Index) compare(a *Columns, i int, b *Columns, j int, ops bool) int {
	if c := o.compareFacts(a, i, b, j); c != 0 || !ops {
		return c
	}
	if c := cmp.Compare(a.T[i], b.T[j]); c != 0 {
		return c
	}
	return cmp.Compare(a.op(i), b.op(j))
}

func (c *Columns) op(i int) int {
	if c.Added != nil && !c.Added[i] {
		return 0
	}
	return 1
}

func (o Index) compareFacts(a *Columns, i int, b *Columns, j int) int {
	if o == AVET {
		if c := Compare(a.V[i], b.V[j]); c != 0 {
			return c
		}
		return cmp.Compare(a.E[i], b.E[j])
	}
	if c := cmp.Compare(a.E[i], b.E[j]); c != 0 {
		return c
	}
	if o == EAVT {
		if c := compareAttrs(a.A[i], b.A[j]); c != 0 {
			return c
		}
	}
	return Compare(a.V[i], b.V[j])
}
