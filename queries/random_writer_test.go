package queries_test

import "math/rand/v2"

// writer makes things up.
type writer struct{ *rand.Rand }

func newWriter(seed uint64) writer { return writer{rand.New(rand.NewPCG(seed, 0))} }

func (w writer) chance(percent int) bool { return w.IntN(100) < percent }

func (w writer) pick(from ...string) string { return from[w.IntN(len(from))] }

func pickOf[T any](w writer, from []T) T { return from[w.IntN(len(from))] }

// either is the first in so many of a hundred cases, and only then made up.
func (w writer) either(percent int, first func() string, other string) string {
	if w.chance(percent) {
		return first()
	}
	return other
}
