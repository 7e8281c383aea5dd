package exec

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// chunkRows is how many rows are worth a goroutine's while.
const chunkRows = 4096

// chunks is how many parts n rows are split into: a few for each processor, since some are more work than others.
func chunks(n int) int {
	if n < 2*chunkRows {
		return 1
	}
	return min(n/chunkRows, 8*runtime.GOMAXPROCS(0))
}

// split runs work for the parts of n rows on all processors and returns the first error.
// What work does for different parts must not touch the same things, nor count against the limits.
func split(n int, work func(part, lo, hi int) error) error { return splitInto(chunks(n), n, work) }

// walkChunks is how many parts so many walks are split into.
func walkChunks(n int) int { return min(max(n/16, 1), 8*runtime.GOMAXPROCS(0)) }

func splitInto(parts, n int, work func(part, lo, hi int) error) error {
	if parts == 1 {
		return work(0, 0, n)
	}
	var next atomic.Int64
	var failed atomic.Bool
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	for range min(parts, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				part := int(next.Add(1)) - 1
				if part >= parts || failed.Load() {
					return
				}
				if err := work(part, n*part/parts, n*(part+1)/parts); err != nil {
					failed.Store(true)
					once.Do(func() { first = err })
				}
			}
		})
	}
	wg.Wait()
	return first
}
