//go:build !race

package main

// How many read and write at once in TestLoad, and how many transactions each writer makes.
const (
	loadReaders, loadWriters = 1000, 50
	loadEach                 = 10
)
