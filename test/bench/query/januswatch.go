package main

import (
	"os"
	"runtime/metrics"
	"time"
)

// What janus-datalog may take, as much as Node, and how its process exits when that is not enough.
const (
	janusMemory = 4 << 30
	janusFull   = 3
)

// watchMemory ends the process before it takes the memory of others.
func watchMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(50 * time.Millisecond) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > janusMemory {
			os.Exit(janusFull)
		}
	}
}
