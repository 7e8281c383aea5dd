package fressian_test

import (
	"runtime"
	"testing"

	"github.com/dhfs/dhfs/engine/fressian"
)

// Reading takes memory for what there is, not for what a count says there is: so much for each byte, an entry of a map being the largest thing that
// one can stand for, and something to begin with.
const (
	perByte = 128
	atFirst = 64 << 10
)

// checkMemory reads data and fails when more was allocated than it can be worth.
func checkMemory(t *testing.T, data []byte) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := fressian.Read(data)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(atFirst+perByte*len(data)) {
		t.Errorf("%d bytes were allocated for %d: %.60x", n, len(data), data)
	}
	return err
}

func TestMemory(t *testing.T) {
	for _, h := range hostile {
		checkMemory(t, []byte(h.data))
	}
	for n, b := range realBlocks(t) {
		if n%20 == 0 {
			checkMemory(t, b)
		}
	}
}
