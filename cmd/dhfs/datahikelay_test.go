//go:build unix

package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/test/servers"
	"github.com/rogpeppe/go-internal/testscript"
)

// layDatahike DIR URL lays a store of Datahike out as konserve does in a bucket (STORE-ID_NAME.ksv, the bytes of the file) or in
// PostgreSQL (a table of id, header, meta and val).
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
	statements := []string{"CREATE TABLE " + table + " (id varchar(100) primary key, header bytea, meta bytea, val bytea)"}
	for _, f := range files {
		data, err := os.ReadFile(f)
		ts.Check(err)
		about := 20 + binary.BigEndian.Uint32(data[4:8])
		statements = append(statements, fmt.Sprintf(`INSERT INTO %s VALUES ('%s', '\x%s', '\x%s', '\x%s')`, table, filepath.Base(f),
			hex.EncodeToString(data[:20]), hex.EncodeToString(data[20:about]), hex.EncodeToString(data[about:])))
	}
	ts.Check(servers.InPostgres(url, statements...))
}
