//go:build unix

package test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
	"github.com/dhfs/dhfs/queries"
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
		t.Run(name, func(t *testing.T) { race(t, url(t), sqlCommits) })
	}
}

// TestKill9SQL kills processes that write to a SQL database.
func TestKill9SQL(t *testing.T) {
	for name, url := range sqlStores {
		t.Run(name, func(t *testing.T) { killWriters(t, url(t), 4) })
	}
}

// durable makes the URLs of empty databases on servers that sync to disk.
var durable = map[string]func(b *testing.B) string{
	"PostgreSQL": func(b *testing.B) string { return servers.Durable(b, "postgres").Database(b) },
	"MariaDB":    func(b *testing.B) string { return servers.Durable(b, "mariadb").Database(b) },
	"SQLite":     func(b *testing.B) string { return "sqlite:" + filepath.Join(b.TempDir(), "notes.db") },
}

// BenchmarkCommitSQL commits one datom after another, and counts what is asked of the database.
func BenchmarkCommitSQL(b *testing.B) {
	for name, url := range durable {
		b.Run(name, func(b *testing.B) {
			s, conn := peopleSQL(b, url(b), 20_000)
			forms, err := edn.ParseAll(`[:db/add 1 :person/age 7]`)
			if err != nil {
				b.Fatal(err)
			}
			asked := s.Queries()
			for b.Loop() {
				if _, err := conn.Transact(b.Context(), forms, engine.Meta{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.Queries()-asked)/float64(b.N), "asked/op")
		})
	}
}

// TestAskedSQL counts what is asked of a database for a commit of one datom, and for a point query of a store that was just opened.
func TestAskedSQL(t *testing.T) {
	for name, url := range sqlStores {
		t.Run(name, func(t *testing.T) {
			at := url(t)
			s, conn := peopleSQL(t, at, 20*eachCommits)
			forms, err := edn.ParseAll(`[:db/add 1 :person/age 7]`)
			if err != nil {
				t.Fatal(err)
			}
			var commit int64
			for range 2 { // the first reads what the second finds in memory
				before := s.Queries()
				if _, err := conn.Transact(t.Context(), forms, engine.Meta{}); err != nil {
					t.Fatal(err)
				}
				commit = s.Queries() - before
			}
			most := int64(6) // the ref, and five of the transaction
			if name == "PostgreSQL" {
				most = 2
			}
			cold, err := cassql.Open(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer cold.Close()
			again, err := engine.Connect(t.Context(), cold, "main")
			if err != nil {
				t.Fatal(err)
			}
			db, err := again.DB(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			opened := cold.Queries()
			q, err := queries.Parse(`[:find ?n :where [?e :person/key "k-777"] [?e :person/age ?n]]`)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := queries.Run(t.Context(), q, []queries.Input{queries.DB(db)}, queries.Limits{})
			if err != nil || rows.Len() != 1 {
				t.Fatal(rows, err)
			}
			t.Logf("a commit: %d, opening: %d, a point query: %d", commit, opened, cold.Queries()-opened)
			if commit > most || opened > 30 || cold.Queries()-opened > 8 {
				t.Errorf("a commit asks %d times, opening %d, a point query %d", commit, opened, cold.Queries()-opened)
			}
		})
	}
}

// peopleSQL makes a database of some people.
func peopleSQL(t testing.TB, url string, n int) (*cassql.Store, *engine.Conn) {
	t.Helper()
	s, err := cassql.Create(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	conn, err := engine.Create(t.Context(), s, "main", engine.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "{:db/id %d :person/key \"k-%d\" :person/age %d}\n", i+1, i, i%90)
	}
	for _, text := range []string{
		`{:db/ident :person/key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
		{:db/ident :person/age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}`,
		text.String(),
	} {
		forms, err := edn.ParseAll(text)
		if err == nil {
			_, err = conn.TransactLast(t.Context(), forms, engine.Meta{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s, conn
}
