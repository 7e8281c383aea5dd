package index

import (
	"math"
	"testing"
)

// TestGoldenSurvival recomputes the table.
func TestGoldenSurvival(t *testing.T) {
	const shape, scale = 2.5, 3452
	last := len(survival) - 1
	for i, got := range survival {
		want := uint32(math.Round(math.MaxUint32 * math.Exp(-math.Pow(float64(i*sizeStep)/scale, shape))))
		if i == last {
			want = 0
		}
		if got != want {
			t.Errorf("survival[%d] is %d, want %d", i, got, want)
		}
	}
}

// TestSurvives: the interpolated odds start at one, never rise and end at nothing.
func TestSurvives(t *testing.T) {
	for size := 1; size < maxSize+100; size++ {
		before, after := survives(size-1), survives(size)
		if after > before {
			t.Fatalf("odds rise at size %d from %d to %d", size, before, after)
		}
		if size <= minSize && after != math.MaxUint32 || size >= maxSize && after != 0 {
			t.Fatalf("odds at size %d are %d", size, after)
		}
	}
	if mean := meanSize(); mean < 4080 || mean > 4112 {
		t.Errorf("mean size is %.0f, want 4 KiB", mean)
	}
}

// meanSize is the expected size of a node of small entries.
func meanSize() (mean float64) {
	for size := range maxSize {
		mean += float64(survives(size)) / math.MaxUint32
	}
	return mean
}

// TestEnds: a die at the edge falls on the same side everywhere.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		die, before, after uint64
		want               bool
	}{
		{math.MaxUint32, math.MaxUint32, math.MaxUint32, false},
		{0, math.MaxUint32, 1, false},
		{0, 1, 0, true},
		{1 << 31, 1000, 500, true},
		{1<<31 - 1, 1000, 500, false},
		{math.MaxUint32, math.MaxUint32, math.MaxUint32 - 1, true},
		{0, 0, 0, true},
	} {
		if got := ends(c.die, c.before, c.after); got != c.want {
			t.Errorf("ends(%d, %d, %d) is %v", c.die, c.before, c.after, got)
		}
	}
}

func TestShared(t *testing.T) {
	long := []byte("abcdefghijklmnopqrstuvwxyz")
	for n := range long {
		other := append([]byte(nil), long...)
		other[n] ^= 0x80
		if got := shared(long, other); got != n {
			t.Errorf("shared is %d, want %d", got, n)
		}
		if got := shared(long, long[:n]); got != n {
			t.Errorf("shared with a prefix is %d, want %d", got, n)
		}
	}
}

func TestRises(t *testing.T) {
	for _, c := range []struct {
		prev, key string
		want      bool
	}{{"", "", false}, {"", "a", true}, {"a", "", false}, {"a", "a", false}, {"a", "ab", true}, {"ab", "a", false}, {"ab", "ac", true}, {"ac", "ab", false}} {
		if got := rises([]byte(c.prev), []byte(c.key), shared([]byte(c.prev), []byte(c.key))); got != c.want {
			t.Errorf("rises(%q, %q) is %v", c.prev, c.key, got)
		}
	}
}
