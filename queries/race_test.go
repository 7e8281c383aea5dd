//go:build race

package queries_test

// slow divides how much random tests do: the race detector makes them many times slower.
const slow = 20
