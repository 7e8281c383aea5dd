//go:build unix && !race

package test

// eachCommits is how many transactions each competitor makes.
const eachCommits = 500

// s3Commits is the same in a bucket.
const s3Commits = 200

// httpCommits is the same over HTTP.
const httpCommits = 200

// sqlCommits is the same in SQL databases.
const sqlCommits = 200
