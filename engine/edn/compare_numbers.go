package edn

import (
	"cmp"
	"math"
	"math/big"
	"strings"
)

// compareNumbers compares by exact number, then by category.
func compareNumbers(a, b Value) int {
	if a.kind == Int && b.kind == Int {
		return cmp.Compare(a.Int(), b.Int())
	}
	if a.kind == Float && b.kind == Float {
		return compareFloats(a.Float(), b.Float())
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	if rank(a) == 0 {
		if c := compareDecimals(a, b); c != 0 {
			return c
		}
	}
	return cmp.Compare(category(a.kind), category(b.kind))
}

// compareFloats puts NaN last and knows one zero.
func compareFloats(a, b float64) int {
	switch an, bn := a != a, b != b; {
	case an || bn:
		return cmp.Compare(b2u(an), b2u(bn))
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// rank separates the floats that are not numbers from those that are: -Inf, numbers, Inf, NaN.
func rank(v Value) int {
	if v.kind != Float {
		return 0
	}
	switch f := v.Float(); {
	case f != f:
		return 2
	case math.IsInf(f, 0):
		return compareFloats(f, 0)
	}
	return 0
}

// category is integer, float or decimal.
func category(k Kind) int {
	switch k {
	case Float:
		return 1
	case BigDec:
		return 2
	}
	return 0
}

// compareDecimals compares two finite numbers exactly.
func compareDecimals(a, b Value) int {
	an, as := decimalOf(a)
	bn, bs := decimalOf(b)
	if c := cmp.Compare(an.Sign(), bn.Sign()); c != 0 || an.Sign() == 0 {
		return c
	}
	if as == bs {
		return an.Cmp(bn)
	}
	// The position of the first digit decides without building 10^scale,
	// which a text of a few bytes could make too big for any memory.
	ad, bd := digitsOf(an), digitsOf(bn)
	if c := cmp.Compare(int64(len(ad))-as, int64(len(bd))-bs); c != 0 {
		return c * an.Sign()
	}
	return strings.Compare(strings.TrimRight(ad, "0"), strings.TrimRight(bd, "0")) * an.Sign()
}

// decimalOf is a finite number as unscaled × 10^-scale.
func decimalOf(v Value) (unscaled *big.Int, scale int64) {
	switch v.kind {
	case Int:
		return big.NewInt(v.Int()), 0
	case BigInt:
		return v.Big(), 0
	case BigDec:
		return v.Big(), int64(v.Scale())
	}
	q := new(big.Rat)
	q.SetFloat64(v.Float())
	places, _ := q.FloatPrec() // a float always terminates
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	n.Mul(n, q.Num())
	return n.Quo(n, q.Denom()), int64(places)
}

// digitsOf is the digits of |n|.
func digitsOf(n *big.Int) string { return strings.TrimPrefix(n.String(), "-") }
