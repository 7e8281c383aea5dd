package cassql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteDB is a SQLite file.
type sqliteDB struct{ path string }

// parseSQLite reads sqlite:PATH. The path is taken as it stands, but for ?dhfs=NAME at its end.
func parseSQLite(text string, p *place) error {
	path := strings.TrimPrefix(text, "//")
	if path == "" {
		return errors.New("it names no file: sqlite:PATH")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	d := sqliteDB{path}
	p.dialect = d
	p.connector, err = d.connect("rw")
	return err
}

// SQLite has one writer at a time; those of one process wait for each other here.
func (sqliteDB) writers() int   { return 1 }
func (sqliteDB) begin() string  { return "BEGIN IMMEDIATE" }
func (sqliteDB) numbered() bool { return false }
func (sqliteDB) now() string    { return "CAST(strftime('%s', 'now') AS INTEGER)" }

func (sqliteDB) tables() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS %p_store (id INTEGER PRIMARY KEY, format INTEGER NOT NULL, epoch INTEGER NOT NULL)",
		"CREATE TABLE IF NOT EXISTS %p_blocks (cid BLOB NOT NULL PRIMARY KEY, size INTEGER NOT NULL, coding INTEGER NOT NULL, data BLOB NOT NULL)",
		"CREATE TABLE IF NOT EXISTS %p_refs (name TEXT NOT NULL PRIMARY KEY, cid BLOB NOT NULL)",
		"CREATE TABLE IF NOT EXISTS %p_pins (pin BLOB NOT NULL, cid BLOB NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (pin, cid))",
	}
}

func (sqliteDB) firstRow() string {
	return fmt.Sprintf("INSERT INTO %%p_store (id, format, epoch) VALUES (1, %d, 0) ON CONFLICT DO NOTHING", format)
}

// Transactions that write begin as writers (BEGIN IMMEDIATE), so nothing else is to be locked.
func (sqliteDB) share(also string) string { return "SELECT epoch" + also + " FROM %p_store" }
func (sqliteDB) alone() []string          { return []string{"SELECT epoch FROM %p_store"} }

func (sqliteDB) in(column string, values [][]byte) (string, []any) { return list(column, values) }

func (sqliteDB) insert(rows []row) (string, []any) {
	values, args := rowValues(rows)
	return "INSERT INTO %p_blocks (cid, size, coding, data) VALUES " + values + " ON CONFLICT DO NOTHING", args
}

func (sqliteDB) insertRef() string {
	return "INSERT INTO %p_refs (name, cid) VALUES (?, ?) ON CONFLICT DO NOTHING"
}

func (sqliteDB) disk() string {
	return "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
}

func (sqliteDB) reclaim() []string { return []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} }

func (sqliteDB) kind(err error) kind {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return kindNone
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return kindBusy
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return kindDenied
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return kindCorrupt
	case sqlite3.SQLITE_ERROR:
		if strings.Contains(lite.Error(), "no such table") {
			return kindNoTable
		}
	}
	return kindNone
}

// A connection waits a little for others; the rest of the wait is ours, and ends with its context. What is deleted is written over.
const sqliteParameters = "_pragma=busy_timeout(200)&_pragma=synchronous(FULL)&_pragma=secure_delete(ON)"

// connect prepares connections to a file; mode is rw where it must be there, else rwc.
func (d sqliteDB) connect(mode string) (driver.Connector, error) {
	path := filepath.ToSlash(d.path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // of a Windows drive
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=" + mode + "&" + sqliteParameters}
	return sqlite.NewConnector(name.String())
}

// found tells whether there is a file.
func (d sqliteDB) found() error {
	info, err := os.Stat(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no file %s", cas.ErrNotFound, d.path)
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory, not a SQLite file", d.path)
	}
	return nil
}

// prepare makes the file, with a log that is written ahead, so that readers and a writer do not wait for each other.
func (d sqliteDB) prepare(ctx context.Context) error {
	connector, err := d.connect("rwc")
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}
