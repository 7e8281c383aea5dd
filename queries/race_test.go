//go:build race

package queries_test

// atLeast is how many queries TestAgainstOracle asks: under the race detector fewer than without, see make large.
const atLeast = 5_000
