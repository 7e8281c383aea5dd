//go:build unix && !race

package test

// eachCommits is how many transactions each competitor makes.
const eachCommits = 500
