package datahike

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/big"
	"strings"
	"unicode/utf16"

	"github.com/dhfs/dhfs/engine/fressian"
)

// order is one of the orders of datoms.
type order string

const (
	eavt order = "eavt"
	aevt order = "aevt"
	avet order = "avet"
)

// compare orders datoms as the trees do.
func (o order) compare(x, y *Datom) int {
	e := func() int { return cmp.Compare(x.E, y.E) }
	a := func() int { return compareValues(x.A, y.A) }
	v := func() int { return compareValues(x.V, y.V) }
	var c int
	switch o {
	case eavt:
		c = cmp.Or(e(), a(), v())
	case aevt:
		c = cmp.Or(a(), e(), v())
	default:
		c = cmp.Or(a(), v(), e())
	}
	return cmp.Or(c, cmp.Compare(x.Tx, y.Tx), compareBools(x.Added, y.Added))
}

// CompareDatoms is the order of an index, whose name begins with eavt, aevt or avet, for who has datoms of another type that are alike.
func CompareDatoms[D ~struct {
	E     int64
	A     any
	V     any
	Tx    int64
	Added bool
}](index string, x, y D) int {
	a, b := Datom(x), Datom(y)
	return order(index).compare(&a, &b)
}

// rank orders values of types that do not compare.
func rank(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case int64, *big.Int, fressian.BigDec, float32, float64:
		return 2
	case fressian.Inst:
		return 3
	case fressian.UUID:
		return 4
	case fressian.Keyword:
		return 5
	case fressian.Symbol:
		return 6
	case string:
		return 7
	case []byte:
		return 8
	case fressian.List:
		return 9
	}
	return 10
}

// compareValues is the compare of Clojure, for values of stores.
func compareValues(x, y any) int {
	if c := cmp.Compare(rank(x), rank(y)); c != 0 {
		return c
	}
	switch x := x.(type) {
	case bool:
		return compareBools(x, y.(bool))
	case int64, *big.Int, fressian.BigDec, float32, float64:
		return compareNumbers(x, y)
	case fressian.Inst:
		return cmp.Compare(x, y.(fressian.Inst))
	case fressian.UUID:
		return compareUUIDs(x, y.(fressian.UUID))
	case fressian.Keyword:
		return compareNames(string(x), string(y.(fressian.Keyword)))
	case fressian.Symbol:
		return compareNames(string(x), string(y.(fressian.Symbol)))
	case string:
		return compareText(x, y.(string))
	case []byte:
		return bytes.Compare(x, y.([]byte))
	case fressian.List:
		return compareLists(x, y.(fressian.List))
	}
	return 0
}

func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// compareUUIDs compares the halves as signed numbers, as Java does.
func compareUUIDs(x, y fressian.UUID) int {
	half := func(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }
	return cmp.Or(cmp.Compare(half(x[:8]), half(y[:8])), cmp.Compare(half(x[8:]), half(y[8:])))
}

// compareNames puts names without a namespace first.
func compareNames(x, y string) int {
	xs, xn := splitName(x)
	ys, yn := splitName(y)
	return cmp.Or(compareText(xs, ys), compareText(xn, yn))
}

func splitName(s string) (space, name string) {
	if i := strings.IndexByte(s, '/'); i > 0 && i < len(s)-1 {
		return s[:i], s[i+1:]
	}
	return "", s
}

// compareText orders by units of UTF-16: beyond the first plane that is not the order of the bytes.
func compareText(x, y string) int {
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	if n == len(x) || n == len(y) || x[n] < 0xee && y[n] < 0xee {
		return cmp.Compare(x[n:], y[n:])
	}
	for n > 0 && x[n]&0xc0 == 0x80 { // back to the beginning of the character
		n--
	}
	first := func(s string) uint16 {
		for _, r := range s {
			return utf16.AppendRune(nil, r)[0]
		}
		return 0
	}
	return cmp.Or(cmp.Compare(first(x[n:]), first(y[n:])), cmp.Compare(x[n:], y[n:]))
}

func compareLists(x, y fressian.List) int {
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c
	}
	for i := range x {
		if c := compareValues(x[i], y[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareNumbers compares across types: with a float as floats, as Java does.
func compareNumbers(x, y any) int {
	a, b := number(x), number(y)
	if a.isFloat || b.isFloat {
		return cmp.Compare(a.float(), b.float())
	}
	if xi, ok := x.(int64); ok {
		if yi, ok := y.(int64); ok {
			return cmp.Compare(xi, yi)
		}
	}
	return a.exact().Cmp(b.exact())
}

// num is a number of any type.
type num struct {
	isFloat bool
	f       float64
	dec     fressian.BigDec
}

func number(v any) num {
	switch v := v.(type) {
	case int64:
		return num{dec: fressian.BigDec{Unscaled: big.NewInt(v)}}
	case *big.Int:
		return num{dec: fressian.BigDec{Unscaled: v}}
	case fressian.BigDec:
		return num{dec: v}
	case float32:
		return num{isFloat: true, f: float64(v)}
	}
	f, _ := v.(float64)
	return num{isFloat: true, f: f}
}

func (n num) exact() *big.Rat {
	r := new(big.Rat).SetInt(n.dec.Unscaled)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.dec.Scale, -n.dec.Scale))), nil)
	if n.dec.Scale > 0 {
		return r.Quo(r, new(big.Rat).SetInt(power))
	}
	return r.Mul(r, new(big.Rat).SetInt(power))
}

func (n num) float() float64 {
	if n.isFloat {
		return n.f
	}
	f, _ := n.exact().Float64()
	return f
}
