package main

import (
	"runtime"
	"slices"
	"time"
)

// median is the middle of the times that run takes, over at least as long as atLeast and three runs.
// It runs for half as long unmeasured, to be warm, and garbage of what came before is collected.
func median(atLeast time.Duration, run func() error) (time.Duration, error) {
	for began := time.Now(); time.Since(began) < atLeast/2; {
		if err := run(); err != nil {
			return 0, err
		}
	}
	runtime.GC()
	var times []time.Duration
	for began := time.Now(); len(times) < 3 || time.Since(began) < atLeast; {
		t := time.Now()
		if err := run(); err != nil {
			return 0, err
		}
		times = append(times, time.Since(t))
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// millis is a time as the table has it.
func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
