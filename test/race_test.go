//go:build unix && race

package test

// eachCommits is how many transactions each competitor makes: under the race detector fewer than without, see make large.
const eachCommits = 100
