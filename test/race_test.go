//go:build unix && race

package test

// eachCommits is how many transactions each competitor makes: under the race detector fewer than without, see make large.
const eachCommits = 100

// s3Commits is the same in a bucket.
const s3Commits = 8

// httpCommits is the same over HTTP.
const httpCommits = 8

// sqlCommits is the same in SQL databases.
const sqlCommits = 10
