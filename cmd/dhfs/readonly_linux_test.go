package main

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/test/servers"
)

// Who may only read a database that is far away reads it. What writes ends with exit code 7 and a line that says what to do about it, and doctor says so beforehand.
func TestUsersWhoMayOnlyRead(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", servers.S3AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", servers.S3SecretKey)
	t.Setenv("PGPASSWORD", "")
	for name, c := range map[string]struct {
		make func(t *testing.T) (url string)
		hint string
	}{
		"S3": {func(t *testing.T) string {
			s := servers.S3(t)
			url := s.URL("readonly")
			filled(t, url)
			access, secret := s.Reader(t)
			t.Setenv("AWS_ACCESS_KEY_ID", access)
			t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
			return url
		}, "keys that may do this"},
		"PostgreSQL": {func(t *testing.T) string {
			s := servers.Postgres(t)
			url := s.Database(t)
			filled(t, url)
			db, err := sql.Open("pgx", url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "CREATE ROLE onlyreads LOGIN PASSWORD 'pass-word'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlyreads"); err != nil {
				t.Fatal(err)
			}
			return strings.Replace(url, "dhfs@", "onlyreads:pass-word@", 1)
		}, "which their owner GRANTs"},
		"MariaDB": {func(t *testing.T) string {
			s := servers.MariaDB(t)
			url := s.Database(t)
			filled(t, url)
			if err := s.Do("CREATE USER onlyreads@localhost IDENTIFIED BY 'pass-word'", "GRANT SELECT ON *.* TO onlyreads@localhost"); err != nil {
				t.Fatal(err)
			}
			return strings.Replace(url, "root@", "onlyreads:pass-word@", 1)
		}, "which their owner GRANTs"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("DB", c.make(t))
			out, err := inShell(dir, `dhfs query "$DB" '[:find ?t . :where [_ :note/text ?t]]'; dhfs log "$DB" | wc -l; dhfs clone "$DB" copy; dhfs verify copy`)
			if err != nil || !strings.Contains(out, "first") {
				t.Fatalf("reading: %v %s", err, out)
			}
			for _, command := range []string{`tx "$DB" '[{:db/id 2 :note/text "x"}]'`, `branch "$DB" other`, `sync copy "$DB" main:third`, `gc "$DB"`} {
				out, err := inShell(dir, "set +e; dhfs "+command+"; echo exit $?")
				if err != nil || !strings.Contains(out, "exit 7") || !strings.Contains(out, "try: ") || !strings.Contains(out, c.hint) || strings.Contains(out, "pass-word") {
					t.Errorf("%s: %v %s", command, err, out)
				}
			}
			out, err = inShell(dir, `set +e; dhfs doctor "$DB"; true`)
			if err != nil || !strings.Contains(out, "writing\tnote\tit can only be read") || !strings.Contains(out, c.hint) {
				t.Errorf("doctor: %v %s", err, out)
			}
		})
	}
}

// filled makes a database with one note.
func filled(t *testing.T, url string) {
	t.Helper()
	t.Setenv("DB", url)
	if out, err := inShell(t.TempDir(), `dhfs init "$DB" --schema read; dhfs tx "$DB" '[{:db/id 1 :note/text "first"}]'`); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}
