package fn

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/dhfs/dhfs/engine/edn"
)

var (
	errOverflow = errors.New("integer overflow: the result does not fit 64 bits; make one argument a bigint, as in 1N")
	errDivide   = errors.New("divide by zero")
)

// level is the place of a number in the tower: the result of an operation has
// the higher level of its arguments.
func level(v edn.Value) int {
	switch v.Kind() {
	case edn.Int:
		return 1
	case edn.BigInt:
		return 2
	case edn.BigDec:
		return 3
	case edn.Float:
		return 4
	}
	return 0
}

func isNumber(v edn.Value) bool { return level(v) > 0 }

// numbers checks that all of args are.
func numbers(args []edn.Value) error {
	for _, a := range args {
		if !isNumber(a) {
			return fmt.Errorf("%v is no number but %s", a, kindOf(a))
		}
	}
	return nil
}

// toBig is the number of an Int or BigInt.
func toBig(v edn.Value) *big.Int {
	if v.Kind() == edn.Int {
		return big.NewInt(v.Int())
	}
	return v.Big()
}

// toDec is an Int, BigInt or BigDec as unscaled × 10^-scale.
func toDec(v edn.Value) (*big.Int, int32) {
	if v.Kind() == edn.BigDec {
		return v.Big(), v.Scale()
	}
	return toBig(v), 0
}

func toFloat(v edn.Value) float64 {
	switch v.Kind() {
	case edn.Int:
		return float64(v.Int())
	case edn.Float:
		return v.Float()
	}
	unscaled, scale := toDec(v)
	f, _ := strconv.ParseFloat(unscaled.String()+"e"+strconv.FormatInt(-int64(scale), 10), 64) // out of range: the infinity
	return f
}

// exact is any number but NaN and the infinities as a decimal.
func exact(v edn.Value) edn.Value {
	if v.Kind() != edn.Float {
		return edn.MakeBigDec(toDec(v))
	}
	r := new(big.Rat).SetFloat64(v.Float())
	twos := int64(r.Denom().BitLen() - 1) // n/2^k is n·5^k/10^k
	fives := new(big.Int).Exp(big.NewInt(5), big.NewInt(twos), nil)
	return edn.MakeBigDec(fives.Mul(fives, r.Num()), int32(twos))
}

// compareNumbers compares exactly, whatever the kinds; NaN is above all.
func compareNumbers(a, b edn.Value) int {
	if a.Kind() == edn.Int && b.Kind() == edn.Int {
		return cmp.Compare(a.Int(), b.Int())
	}
	if oddFloat(a) || oddFloat(b) || a.Kind() == edn.Float && b.Kind() == edn.Float {
		return compareFloats(toFloat(a), toFloat(b))
	}
	return edn.Compare(exact(a), exact(b))
}

func compareFloats(a, b float64) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return cmp.Compare(b2i(math.IsNaN(a)), b2i(math.IsNaN(b)))
	default:
		return cmp.Compare(a, b)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func isNaN(v edn.Value) bool { return v.Kind() == edn.Float && math.IsNaN(v.Float()) }

// oddFloat tells NaN and the infinities, which have no ratio.
func oddFloat(v edn.Value) bool {
	return v.Kind() == edn.Float && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0))
}

// sign is -1, 0 or 1; NaN has 0.
func sign(v edn.Value) int {
	switch v.Kind() {
	case edn.Int:
		return cmp.Compare(v.Int(), 0)
	case edn.Float:
		return b2i(v.Float() > 0) - b2i(v.Float() < 0)
	}
	return v.Big().Sign()
}
