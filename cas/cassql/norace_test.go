//go:build unix && !race

package cassql_test

const conformSQLite = true
