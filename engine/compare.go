package engine

import (
	"cmp"
	"math"
	"strings"
)

// Compare orders values as the indexes do: by kind, then by value.
func Compare(a, b Value) int {
	if a.kind != b.kind {
		return cmp.Compare(a.kind, b.kind)
	}
	switch a.kind {
	case LongKind, InstantKind:
		return cmp.Compare(int64(a.num), int64(b.num))
	case BoolKind, RefKind:
		return cmp.Compare(a.num, b.num)
	case DoubleKind:
		return compareFloats(a.Double(), b.Double())
	case FloatKind:
		return compareFloats(float64(a.Float()), float64(b.Float()))
	}
	if a.out || b.out {
		return compareOut(a, b)
	}
	return strings.Compare(a.str, b.str)
}

// compareFloats puts NaN last.
func compareFloats(a, b float64) int {
	switch {
	case a < b || math.IsNaN(b) && !math.IsNaN(a):
		return -1
	case a > b || math.IsNaN(a) && !math.IsNaN(b):
		return 1
	}
	return 0
}

// compareOut compares where at least one value lives out of line: it comes
// right after its prefix.
func compareOut(a, b Value) int {
	if c := strings.Compare(a.Text(), b.Text()); c != 0 {
		return c
	}
	switch {
	case !b.out:
		return 1
	case !a.out:
		return -1
	}
	if c := strings.Compare(a.str, b.str); c != 0 {
		return c
	}
	return cmp.Compare(a.num, b.num)
}
