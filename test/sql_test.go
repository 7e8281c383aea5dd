//go:build unix

package test

import (
	"path/filepath"
	"testing"

	"github.com/dhfs/dhfs/test/servers"
)

// sqlStores makes the URLs of empty SQL databases.
var sqlStores = map[string]func(t *testing.T) string{
	"PostgreSQL": func(t *testing.T) string { return servers.Postgres(t).Database(t) },
	"MariaDB":    func(t *testing.T) string { return servers.MariaDB(t).Database(t) },
	"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "notes.db") },
}

// TestManyWritersSQL is TestManyWriters in SQL databases.
func TestManyWritersSQL(t *testing.T) {
	for name, url := range sqlStores {
		t.Run(name, func(t *testing.T) { race(t, url(t), eachCommits/10) })
	}
}

// TestKill9SQL kills processes that write to a SQL database.
func TestKill9SQL(t *testing.T) {
	for name, url := range sqlStores {
		t.Run(name, func(t *testing.T) { killWriters(t, url(t), 4) })
	}
}
