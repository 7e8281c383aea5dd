package conformance

import (
	"math"
	"slices"

	"github.com/dhfs/dhfs/engine/edn"
)

// agrees tells whether an answer is what was expected: relations and collections in any
// order unless it is given, numbers within 1e-9.
func agrees(got, want edn.Value, ordered bool) bool {
	if collection(got) && collection(want) && !ordered {
		return sameItems(got.Items(), want.Items())
	}
	return near(got, want)
}

func collection(v edn.Value) bool {
	return v.Kind() == edn.Set || v.Kind() == edn.Vector || v.Kind() == edn.List
}

// sameItems compares without regard to order.
func sameItems(got, want []edn.Value) bool {
	left := slices.Clone(want)
	for _, g := range got {
		i := slices.IndexFunc(left, func(w edn.Value) bool { return near(g, w) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0
}

// near is equality, with a tolerance for doubles.
func near(a, b edn.Value) bool {
	x, xok := number(a)
	y, yok := number(b)
	switch {
	case xok && yok && (a.Kind() == edn.Float || b.Kind() == edn.Float):
		return math.Abs(x-y) <= 1e-9*math.Max(1, math.Abs(x))
	case a.Kind() == edn.Set && b.Kind() == edn.Set:
		return sameItems(a.Items(), b.Items())
	case a.Kind() == edn.Map && b.Kind() == edn.Map:
		return sameItems(pairs(a), pairs(b))
	case collection(a) && collection(b) && a.Kind() != edn.Set && b.Kind() != edn.Set:
		return slices.EqualFunc(a.Items(), b.Items(), near)
	}
	return edn.Equal(a, b)
}

func number(v edn.Value) (float64, bool) {
	switch v.Kind() {
	case edn.Int:
		return float64(v.Int()), true
	case edn.Float:
		return v.Float(), true
	}
	return 0, false
}

func pairs(m edn.Value) []edn.Value {
	var out []edn.Value
	for items := m.Items(); len(items) > 1; items = items[2:] {
		out = append(out, edn.MakeVector(items[0], items[1]))
	}
	return out
}
