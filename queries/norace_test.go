//go:build !race

package queries_test

// slow divides how much random tests do.
const slow = 1
