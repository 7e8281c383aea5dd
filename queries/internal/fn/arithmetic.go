package fn

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"

	"github.com/dhfs/dhfs/engine/edn"
)

var arithmeticFuncs = []Func{
	{Name: "+", Max: -1, Call: fold(edn.MakeInt(0), add)},
	{Name: "*", Max: -1, Call: fold(edn.MakeInt(1), mul)},
	{Name: "-", Min: 1, Max: -1, Call: foldFrom(edn.MakeInt(0), sub)},
	{Name: "/", Min: 1, Max: -1, Call: foldFrom(edn.MakeInt(1), div)},
	{Name: "quot", Min: 2, Max: 2, Call: binary(quot)},
	{Name: "rem", Min: 2, Max: 2, Call: binary(rem)},
	{Name: "mod", Min: 2, Max: 2, Call: binary(mod)},
	{Name: "inc", Min: 1, Max: 1, Call: plus(edn.MakeInt(1))},
	{Name: "dec", Min: 1, Max: 1, Call: plus(edn.MakeInt(-1))},
	{Name: "max", Min: 1, Max: -1, Call: foldFrom(edn.Value{}, pick(1))},
	{Name: "min", Min: 1, Max: -1, Call: foldFrom(edn.Value{}, pick(-1))},
	{Name: "zero?", Min: 1, Max: 1, Call: test(func(v edn.Value) bool { return sign(v) == 0 && !isNaN(v) })},
	{Name: "pos?", Min: 1, Max: 1, Call: test(func(v edn.Value) bool { return sign(v) > 0 })},
	{Name: "neg?", Min: 1, Max: 1, Call: test(func(v edn.Value) bool { return sign(v) < 0 })},
	{Name: "even?", Min: 1, Max: 1, Call: parity(0)},
	{Name: "odd?", Min: 1, Max: 1, Call: parity(1)},
	{Name: "rand", Max: 1, Call: random},
	{Name: "rand-int", Min: 1, Max: 1, Call: randomInt},
}

type operation func(a, b edn.Value) (edn.Value, error)

// fold combines all arguments, beginning with the neutral one.
func fold(start edn.Value, op operation) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) { return combine(start, args, op) }
}

// foldFrom begins with the first argument; a single one is combined with the neutral one, unless that is nil.
func foldFrom(neutral edn.Value, op operation) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		if len(args) == 1 && !neutral.IsNil() {
			return combine(neutral, args, op)
		}
		if err := numbers(args[:1]); err != nil {
			return edn.Value{}, err
		}
		return combine(args[0], args[1:], op)
	}
}

func combine(acc edn.Value, args []edn.Value, op operation) (edn.Value, error) {
	if err := numbers(args); err != nil {
		return edn.Value{}, err
	}
	for _, a := range args {
		var err error
		if acc, err = op(acc, a); err != nil {
			return edn.Value{}, err
		}
	}
	return acc, nil
}

func binary(op operation) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		if err := numbers(args); err != nil {
			return edn.Value{}, err
		}
		return op(args[0], args[1])
	}
}

func plus(n edn.Value) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) { return combine(n, args, add) }
}

func test(is func(edn.Value) bool) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		return edn.MakeBool(numbers(args) == nil && is(args[0])), numbers(args)
	}
}

func add(a, b edn.Value) (edn.Value, error) {
	switch max(level(a), level(b)) {
	case 1:
		n := a.Int() + b.Int()
		if (n > a.Int()) != (b.Int() > 0) && b.Int() != 0 {
			return edn.Value{}, errOverflow
		}
		return edn.MakeInt(n), nil
	case 2:
		return edn.MakeBigInt(new(big.Int).Add(toBig(a), toBig(b))), nil
	case 3:
		x, y, scale, err := align(a, b)
		if err != nil {
			return edn.Value{}, err
		}
		return edn.MakeBigDec(new(big.Int).Add(x, y), scale), nil
	}
	return edn.MakeFloat(toFloat(a) + toFloat(b)), nil
}

func sub(a, b edn.Value) (edn.Value, error) {
	switch max(level(a), level(b)) {
	case 1:
		n := a.Int() - b.Int()
		if (n < a.Int()) != (b.Int() > 0) && b.Int() != 0 {
			return edn.Value{}, errOverflow
		}
		return edn.MakeInt(n), nil
	case 2:
		return edn.MakeBigInt(new(big.Int).Sub(toBig(a), toBig(b))), nil
	case 3:
		x, y, scale, err := align(a, b)
		if err != nil {
			return edn.Value{}, err
		}
		return edn.MakeBigDec(new(big.Int).Sub(x, y), scale), nil
	}
	return edn.MakeFloat(toFloat(a) - toFloat(b)), nil
}

// maxBits bounds the integers that a query can multiply into being.
const maxBits = 1 << 20

func mul(a, b edn.Value) (edn.Value, error) {
	switch max(level(a), level(b)) {
	case 1:
		return mulInt(a.Int(), b.Int())
	case 2:
		x, y := toBig(a), toBig(b)
		if x.BitLen()+y.BitLen() > maxBits {
			return edn.Value{}, errDigits
		}
		return edn.MakeBigInt(new(big.Int).Mul(x, y)), nil
	case 3:
		x, sx := toDec(a)
		y, sy := toDec(b)
		if x.BitLen()+y.BitLen() > maxBits || int64(sx)+int64(sy) != int64(sx+sy) {
			return edn.Value{}, errDigits
		}
		return edn.MakeBigDec(new(big.Int).Mul(x, y), sx+sy), nil
	}
	return edn.MakeFloat(toFloat(a) * toFloat(b)), nil
}

func mulInt(a, b int64) (edn.Value, error) {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	switch {
	case hi != 0 || lo > 1<<63 || lo == 1<<63 && !negative:
		return edn.Value{}, errOverflow
	case negative:
		return edn.MakeInt(-int64(lo)), nil
	}
	return edn.MakeInt(int64(lo)), nil
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// maxScale bounds decimals that are expanded: 1E-1000000M is a few bytes of text and a million digits of number.
const maxScale = 10_000

var errDigits = errors.New("the result has too many digits")

// align gives two decimals the larger scale of both.
func align(a, b edn.Value) (x, y *big.Int, scale int32, err error) {
	x, sx := toDec(a)
	y, sy := toDec(b)
	gap := int64(sx) - int64(sy)
	switch {
	case max(gap, -gap) > maxScale:
		return nil, nil, 0, errDigits
	case gap < 0:
		return new(big.Int).Mul(x, pow10(-gap)), y, sy, nil
	}
	return x, new(big.Int).Mul(y, pow10(gap)), sx, nil
}

func pow10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// pick is max for 1 and min for -1.
func pick(want int) operation {
	return func(a, b edn.Value) (edn.Value, error) {
		if isNaN(a) || !isNaN(b) && compareNumbers(b, a) != want {
			return a, nil
		}
		return b, nil
	}
}

func parity(want uint) func(*Env, []edn.Value) (edn.Value, error) {
	return func(_ *Env, args []edn.Value) (edn.Value, error) {
		if l := level(args[0]); l != 1 && l != 2 {
			return edn.Value{}, fmt.Errorf("%v is no integer but %s", args[0], kindOf(args[0]))
		}
		return edn.MakeBool(toBig(args[0]).Bit(0) == want), nil
	}
}

func random(_ *Env, args []edn.Value) (edn.Value, error) {
	if len(args) == 0 {
		return edn.MakeFloat(rand.Float64()), nil
	}
	return edn.MakeFloat(rand.Float64() * toFloatOr(args[0], math.NaN())), numbers(args)
}

func toFloatOr(v edn.Value, other float64) float64 {
	if isNumber(v) {
		return toFloat(v)
	}
	return other
}

func randomInt(_ *Env, args []edn.Value) (edn.Value, error) {
	if args[0].Kind() != edn.Int || args[0].Int() <= 0 {
		return edn.Value{}, fmt.Errorf("rand-int wants a positive integer, not %v", args[0])
	}
	return edn.MakeInt(rand.Int64N(args[0].Int())), nil
}
