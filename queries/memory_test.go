package queries_test

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/queries"
)

// Memory that queries of TestMemoryStaysBelowTheLimit may have, and what may come to that: a value that a function makes, a
// million numbers at most, is not counted until rows are made of it, and garbage waits for its collection.
const (
	memoryLimit  = 64 << 20
	memoryBeside = 192 << 20
)

// The limit of memory holds for what the process really takes.
func TestMemoryStaysBelowTheLimit(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	ring := ringDB(t, 3000)
	refused := 0
	for _, c := range endless {
		var err error
		peak := peakOf(func() {
			_, err = c.ask(ring, queries.Limits{Timeout: 500 * time.Millisecond, Rows: 1 << 40, Memory: memoryLimit})
		})
		if peak > memoryLimit+memoryBeside {
			t.Errorf("%s: it took %d MB, of which %d are allowed", c.name, peak>>20, memoryLimit>>20)
		}
		if code(err) == "query/limit" {
			refused++
		}
	}
	if refused < len(endless)/2 {
		t.Errorf("only %d of %d queries met a limit", refused, len(endless))
	}
}

// peakOf is how much the heap grew at most while run ran.
func peakOf(run func()) int64 {
	runtime.GC()
	before := heapBytes()
	var peak atomic.Int64
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				peak.Store(max(peak.Load(), heapBytes()-before))
			}
		}
	}()
	run()
	close(done)
	<-ended
	return peak.Load()
}

func heapBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}
