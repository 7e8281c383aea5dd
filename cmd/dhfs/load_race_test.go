//go:build race

package main

// How many read and write at once in TestLoad under the race detector: fewer than without, see make large.
const (
	loadReaders, loadWriters = 40, 8
	loadEach                 = 3
)
