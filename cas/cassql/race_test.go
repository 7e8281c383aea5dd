//go:build unix && race

package cassql_test

// conformSQLite is false under the race detector, where SQLite, which is C made into Go, takes 40 s: `make large` runs it.
const conformSQLite = false
