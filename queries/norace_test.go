//go:build !race

package queries_test

const atLeast = 20_000
