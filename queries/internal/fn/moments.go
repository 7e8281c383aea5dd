package fn

import (
	"math"
	"math/big"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// total sums exactly what can be summed exactly, and the doubles in sorted
// order, so that the order of the rows does not show in the last digit.
type total struct {
	level  int
	whole  int64    // of the Ints, while it fits
	big    *big.Int // the rest of the Ints and the BigInts
	dec    edn.Value
	floats []float64
}

func (t *total) Add(v edn.Value) error {
	if err := numbers([]edn.Value{v}); err != nil {
		return err
	}
	t.level = max(t.level, level(v))
	switch v.Kind() {
	case edn.Int:
		if sum, err := add(edn.MakeInt(t.whole), v); err == nil {
			t.whole = sum.Int()
			return nil
		}
		t.addBig(toBig(v))
	case edn.BigInt:
		t.addBig(v.Big())
	case edn.BigDec:
		if t.dec.IsNil() {
			t.dec = edn.MakeInt(0)
		}
		var err error
		if t.dec, err = add(t.dec, v); err != nil {
			return err
		}
	case edn.Float:
		t.floats = append(t.floats, v.Float())
	}
	return nil
}

func (t *total) addBig(n *big.Int) {
	if t.big == nil {
		t.big = new(big.Int)
	}
	t.big.Add(t.big, n)
}

func (t *total) Result() (edn.Value, error) {
	n := big.NewInt(t.whole)
	if t.big != nil {
		n.Add(n, t.big)
	}
	if t.level <= 2 {
		return integer(n, t.level)
	}
	sum := edn.MakeBigInt(n)
	if !t.dec.IsNil() {
		var err error
		if sum, err = add(sum, t.dec); err != nil {
			return edn.Value{}, err
		}
	}
	if t.level == 3 {
		return sum, nil
	}
	return edn.MakeFloat(toFloat(sum) + sumFloats(t.floats)), nil
}

// sumFloats adds from small to large, carrying what rounding loses (Neumaier's summation).
func sumFloats(fs []float64) float64 {
	slices.Sort(fs)
	var sum, lost float64
	for _, f := range fs {
		t := sum + f
		if math.Abs(sum) >= math.Abs(f) {
			lost += (sum - t) + f
		} else {
			lost += (f - t) + sum
		}
		sum = t
	}
	if math.IsNaN(lost) || math.IsInf(lost, 0) {
		return sum
	}
	return sum + lost
}

// moments keeps the numbers as doubles for what is a double anyway.
type moments struct {
	fs     []float64
	result func([]float64) float64
}

func (m *moments) Add(v edn.Value) error {
	if err := numbers([]edn.Value{v}); err != nil {
		return err
	}
	m.fs = append(m.fs, toFloat(v))
	return nil
}

func (m *moments) Result() (edn.Value, error) { return edn.MakeFloat(m.result(m.fs)), nil }

func mean(fs []float64) float64 { return sumFloats(fs) / float64(len(fs)) }

// variance is that of the whole population.
func variance(fs []float64) float64 {
	mean := mean(fs)
	squares := make([]float64, len(fs))
	for i, f := range fs {
		squares[i] = (f - mean) * (f - mean)
	}
	return sumFloats(squares) / float64(len(squares))
}

func deviation(fs []float64) float64 { return math.Sqrt(variance(fs)) }

func median(fs []float64) float64 {
	slices.Sort(fs)
	half := len(fs) / 2
	if len(fs)%2 == 1 {
		return fs[half]
	}
	return (fs[half-1] + fs[half]) / 2
}
