package fn

import (
	"errors"
	"math"
	"math/big"

	"github.com/dhfs/dhfs/engine/edn"
)

// div is exact where the result is whole or a decimal that ends, and otherwise a double, where Clojure has ratios.
func div(a, b edn.Value) (edn.Value, error) {
	if sign(b) == 0 && !isNaN(b) {
		return edn.Value{}, errDivide
	}
	switch max(level(a), level(b)) {
	case 1, 2:
		return divIntegers(a, b)
	case 3:
		return divDecimals(a, b)
	}
	return edn.MakeFloat(toFloat(a) / toFloat(b)), nil
}

func divIntegers(a, b edn.Value) (edn.Value, error) {
	q, r := new(big.Int).QuoRem(toBig(a), toBig(b), new(big.Int))
	if r.Sign() != 0 {
		f, _ := new(big.Rat).SetFrac(toBig(a), toBig(b)).Float64()
		return edn.MakeFloat(f), nil
	}
	return integer(q, max(level(a), level(b)))
}

// integer is n as an Int at level 1, which may not fit, and as a BigInt above.
func integer(n *big.Int, level int) (edn.Value, error) {
	if level > 1 {
		return edn.MakeBigInt(n), nil
	}
	if !n.IsInt64() {
		return edn.Value{}, errOverflow
	}
	return edn.MakeInt(n.Int64()), nil
}

// divDecimals divides as Java's BigDecimal: the scale is the difference of the
// scales, or as much larger as the quotient needs.
func divDecimals(a, b edn.Value) (edn.Value, error) {
	x, sx := toDec(a)
	y, sy := toDec(b)
	scale := int64(sx) - int64(sy)
	if !terminates(x, y) {
		return edn.Value{}, errors.New("the quotient has no end as a decimal; make one argument a double")
	}
	num := new(big.Int).Set(x)
	for range maxScale {
		if q, r := new(big.Int).QuoRem(num, y, new(big.Int)); r.Sign() == 0 {
			return edn.MakeBigDec(q, int32(scale)), nil
		}
		num.Mul(num, big.NewInt(10))
		scale++
	}
	return edn.Value{}, errDigits
}

// terminates tells whether x/y has a finite decimal expansion: nothing but twos and fives is left below.
func terminates(x, y *big.Int) bool {
	den := new(big.Int).Set(new(big.Rat).SetFrac(x, y).Denom())
	for _, p := range []*big.Int{big.NewInt(2), big.NewInt(5)} {
		for r := new(big.Int); ; {
			q, _ := new(big.Int).QuoRem(den, p, r)
			if r.Sign() != 0 {
				break
			}
			den = q
		}
	}
	return den.IsInt64() && den.Int64() == 1
}

// quot truncates the quotient.
func quot(a, b edn.Value) (edn.Value, error) {
	l := max(level(a), level(b))
	if sign(b) == 0 && !isNaN(b) {
		return edn.Value{}, errDivide
	}
	switch l {
	case 1, 2:
		return integer(new(big.Int).Quo(toBig(a), toBig(b)), l)
	case 3:
		x, y, _, err := align(a, b)
		if err != nil {
			return edn.Value{}, err
		}
		return edn.MakeBigDec(new(big.Int).Quo(x, y), 0), nil
	}
	q := toFloat(a) / toFloat(b)
	if math.IsNaN(q) || math.IsInf(q, 0) {
		return edn.Value{}, errors.New("infinite or NaN")
	}
	return edn.MakeFloat(math.Trunc(q)), nil
}

// rem has the sign of a.
func rem(a, b edn.Value) (edn.Value, error) {
	if level(a) == 1 && level(b) == 1 && b.Int() != 0 {
		return edn.MakeInt(a.Int() % b.Int()), nil
	}
	q, err := quot(a, b)
	if err != nil {
		return edn.Value{}, err
	}
	p, err := mul(q, b)
	if err != nil {
		return edn.Value{}, err
	}
	return sub(a, p)
}

// mod has the sign of b.
func mod(a, b edn.Value) (edn.Value, error) {
	r, err := rem(a, b)
	if err != nil || sign(r) == 0 || sign(r) == sign(b) {
		return r, err
	}
	return add(r, b)
}
