package main

import (
	"math"
	"testing"
)

// The numbers drawn for a seed are those of the reference.
func TestRandom(t *testing.T) {
	r := newRandom(20261122)
	for _, want := range []uint32{4189338108, 2446930048, 2168637674} {
		if got := r.uint32(); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-12*math.Abs(want) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	near("float", r.float(), 0.23795599957146196)
	near("below", float64(r.below(10)), 6)
	near("below", float64(r.below(100)), 85)
	near("normal", r.normal(0, 1), -0.2661038248226674)
	near("normal", r.normal(0, 1), -0.24096008500385227)
	near("exponential", r.exponential(.3), 1.6299159664248917)
	near("beta", r.beta(5, 3), 0.22279927208169806)
	near("pareto", r.pareto(.6), 2.116379067462402)
	near("between", float64(r.between(2, 9)), 8)
}
