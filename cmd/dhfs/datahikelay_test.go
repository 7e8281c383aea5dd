//go:build unix

package main

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/test/servers"
	"github.com/rogpeppe/go-internal/testscript"
)

// layDatahike DIR URL lays a store of Datahike out as konserve does in a bucket (STORE-ID_NAME.ksv, the bytes of the file) or in
// PostgreSQL, MariaDB or SQLite (a table of id, header, meta and val).
func layDatahike(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lay DIR URL")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.ksv"))
	ts.Check(err)
	if rest, ok := strings.CutPrefix(args[1], "s3://test/"); ok {
		id, _, _ := strings.Cut(rest, "?")
		s, err := servers.GetS3()
		ts.Check(err)
		for _, f := range files {
			data, err := os.ReadFile(f)
			ts.Check(err)
			ts.Check(os.WriteFile(filepath.Join(s.Dir(), id+"_"+filepath.Base(f)), data, 0o644))
		}
		ts.Check(os.WriteFile(filepath.Join(s.Dir(), id+"_.konserve-metadata"), []byte("{}"), 0o644))
		return
	}
	url, table := cutTable(args[1])
	column, bytes, scheme := "longblob", "x'%x'", schemeOf(url) // of MySQL and SQLite
	switch scheme {
	case "postgres":
		column, bytes = "bytea", `'\x%x'`
	case "mysql":
		_, database, _ := strings.Cut(url, "@/")
		database, _, _ = strings.Cut(database, "?")
		table = database + "." + table
	}
	statements := []string{fmt.Sprintf("CREATE TABLE %s (id varchar(100) primary key, header %[2]s, meta %[2]s, val %[2]s)", table, column)}
	for _, f := range files {
		data, err := os.ReadFile(f)
		ts.Check(err)
		about := 20 + binary.BigEndian.Uint32(data[4:8])
		statements = append(statements, fmt.Sprintf("INSERT INTO %s VALUES ('%s', "+bytes+", "+bytes+", "+bytes+")", table, filepath.Base(f),
			data[:20], data[20:about], data[about:]))
	}
	switch scheme {
	case "sqlite":
		ts.Check(inSQLite(ts.MkAbs(strings.TrimPrefix(url, "sqlite:")), statements))
	case "mysql":
		s, err := servers.Get("mariadb")
		ts.Check(err)
		ts.Check(s.Do(statements...))
	default:
		ts.Check(servers.InPostgres(url, statements...))
	}
}

// inSQLite runs statements in a file of SQLite.
func inSQLite(path string, statements []string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}
