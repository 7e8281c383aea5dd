//go:build unix

package cassql_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// kinds are all databases, each with what makes the URL of an empty one.
var kinds = map[string]func(t testing.TB) string{
	"PostgreSQL": func(t testing.TB) string { return servers.Postgres(t).Database(t) },
	"MariaDB":    func(t testing.TB) string { return servers.MariaDB(t).Database(t) },
	"SQLite":     func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "a b?.db") },
}

// forEach runs a test on all databases.
func forEach(t *testing.T, test func(t *testing.T, url string)) {
	for name, url := range kinds {
		t.Run(name, func(t *testing.T) { test(t, url(t)) })
	}
}

func create(t testing.TB, url string) *cassql.Store {
	t.Helper()
	s, err := cassql.Create(t.Context(), url)
	return closing(t, s, err)
}

func open(t testing.TB, url string) *cassql.Store {
	t.Helper()
	s, err := cassql.Open(t.Context(), url)
	return closing(t, s, err)
}

func closing(t testing.TB, s *cassql.Store, err error) *cassql.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	forEach(t, func(t *testing.T, base string) {
		if strings.HasPrefix(base, "sqlite:") && !conformSQLite {
			return
		}
		n := 0
		urls := map[cas.RefStore]string{}
		make := func(t testing.TB) cas.RefStore { // in one database, beside each other
			n++
			url := withPrefix(base, n)
			s := create(t, url)
			urls[s] = url
			return s
		}
		beside := func(t testing.TB, s cas.RefStore) cas.RefStore {
			again := open(t, urls[s])
			urls[again] = urls[s]
			return again
		}
		reopen := func(t testing.TB, s cas.RefStore) cas.RefStore {
			if err := s.(*cassql.Store).Close(); err != nil {
				t.Fatal(err)
			}
			return beside(t, s)
		}
		castest.Run(t, make, castest.Reopen(reopen), castest.Beside(beside))
	})
}
