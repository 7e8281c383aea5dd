package cassql

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is PostgreSQL.
type postgres struct{ listening *pgx.ConnConfig } // for connections that wait

// connectWithin is how long the making of a connection may take, where the URL does not say.
const connectWithin = 10 * time.Second

// cancelWithin is how long the server may take to give up a statement whose caller has. It says whether it did or has finished, so
// that no statement has its effect after its caller was told that it failed.
const cancelWithin = 2 * time.Second

// parsePostgres reads postgres://user@host/database?sslmode=…, with all that libpq takes from the environment and .pgpass.
func parsePostgres(u *url.URL, p *place) error {
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		p.secrets = append(p.secrets, u.String())
		return err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	if _, named := config.RuntimeParams["application_name"]; !named {
		config.RuntimeParams["application_name"] = "dhfs"
	}
	listening := config.Copy()
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelWithin}
	}
	p.secrets = append(p.secrets, config.Password, os.Getenv("PGPASSWORD"))
	p.dialect, p.connector = postgres{listening}, stdlib.GetConnector(*config)
	return nil
}

func (postgres) found() error                  { return nil }
func (postgres) prepare(context.Context) error { return nil }
func (postgres) writers() int                  { return 8 }
func (postgres) begin() string                 { return "BEGIN ISOLATION LEVEL READ COMMITTED" }
func (postgres) numbered() bool                { return true }
func (postgres) now() string                   { return "extract(epoch FROM clock_timestamp())::bigint" }

// Bytes that are compressed already are not to be compressed again.
func (postgres) tables() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS %p_store (id smallint PRIMARY KEY, format bigint NOT NULL, epoch bigint NOT NULL)",
		"CREATE TABLE IF NOT EXISTS %p_blocks (cid bytea PRIMARY KEY, size bigint NOT NULL, coding smallint NOT NULL, data bytea NOT NULL)",
		"ALTER TABLE %p_blocks ALTER COLUMN data SET STORAGE EXTERNAL",
		`CREATE TABLE IF NOT EXISTS %p_refs (name text COLLATE "C" PRIMARY KEY, cid bytea NOT NULL)`,
		"CREATE TABLE IF NOT EXISTS %p_pins (pin bytea NOT NULL, cid bytea NOT NULL, expires bigint NOT NULL, PRIMARY KEY (pin, cid))",
	}
}

func (postgres) firstRow() string {
	return fmt.Sprintf("INSERT INTO %%p_store (id, format, epoch) VALUES (1, %d, 0) ON CONFLICT DO NOTHING", format)
}

func (postgres) share(also string) string { return "SELECT epoch" + also + " FROM %p_store FOR SHARE" }

// The lock of the table waits for those who hold the row's, and lets no more of them in before it; the lock of the row alone could wait for ever.
func (postgres) alone() []string {
	return []string{"LOCK TABLE %p_store IN EXCLUSIVE MODE", "SELECT epoch FROM %p_store"}
}

func (postgres) in(column string, values [][]byte) (string, []any) {
	return column + " = ANY(?::bytea[])", []any{values}
}

func (postgres) insert(rows []row) (string, []any) {
	ids, sizes, codings, datas := columns(rows)
	return "INSERT INTO %p_blocks (cid, size, coding, data) SELECT * FROM unnest(?::bytea[], ?::bigint[], ?::smallint[], ?::bytea[]) ON CONFLICT DO NOTHING",
		[]any{ids, sizes, codings, datas}
}

func columns(rows []row) (ids [][]byte, sizes []int64, codings []int16, datas [][]byte) {
	for _, r := range rows {
		ids, sizes, codings, datas = append(ids, r.id), append(sizes, r.size), append(codings, int16(r.coding)), append(datas, r.data)
	}
	return ids, sizes, codings, datas
}

func (postgres) insertRef() string {
	return "INSERT INTO %p_refs (name, cid) VALUES (?, ?) ON CONFLICT DO NOTHING"
}

// write implements oneStep: what a commit mostly is, a move of a ref to one of the blocks that come with it, takes one statement, and so does a Put.
// The row of the store is locked before anything is written, and the statement sees what was committed before it got all its locks.
func (d postgres) write(w *write) (string, []any, bool) {
	if fitting(w.rows) < len(w.rows) || w.ref != "" && (!w.old.Defined() || !w.next.Defined() || !w.brings(w.next)) {
		return "", nil, false
	}
	epoch := any(nil)
	if w.bound {
		epoch = w.epoch
	}
	ids, sizes, codings, datas := columns(w.rows)
	const (
		store   = "WITH store AS MATERIALIZED (SELECT epoch FROM %p_store FOR SHARE), "
		brought = "put AS (INSERT INTO %p_blocks (cid, size, coding, data) SELECT b.* FROM unnest(?::bytea[], ?::bigint[], ?::smallint[], ?::bytea[]) b, "
	)
	if w.ref == "" {
		return store + brought + "store WHERE ?::bigint IS NULL OR epoch = ?::bigint ON CONFLICT DO NOTHING) SELECT epoch, 0, false FROM store",
			[]any{ids, sizes, codings, datas, epoch, epoch}, true
	}
	return store +
			"moved AS (UPDATE %p_refs r SET cid = ?::bytea FROM store WHERE r.name = ?::text AND r.cid = ?::bytea AND (?::bigint IS NULL OR store.epoch = ?::bigint) RETURNING r.name), " +
			"told AS MATERIALIZED (SELECT pg_notify('%p', name) FROM moved), " +
			brought + "moved ON CONFLICT DO NOTHING) SELECT epoch, (SELECT count(*) FROM told), " + d.lined() + " FROM store",
		[]any{w.next.Bytes(), w.ref, w.old.Bytes(), epoch, epoch, ids, sizes, codings, datas, w.ref}, true
}

func (postgres) disk() string {
	return "SELECT pg_total_relation_size('%p_blocks') + pg_total_relation_size('%p_refs') + pg_total_relation_size('%p_pins') + pg_total_relation_size('%p_store')"
}

func (postgres) reclaim() []string { return []string{"VACUUM FULL %p_blocks"} }

// turnKey is the number of a ref's lock.
const turnKey = "hashtextextended('%p/' || ?::text, 0)"

func (postgres) lockTurn(time.Duration) string {
	return "SELECT true FROM (SELECT pg_advisory_lock(" + turnKey + ")) l"
}

func (postgres) unlockTurn() string { return "SELECT pg_advisory_unlock(" + turnKey + ")" }

// A lock that can be shared is nobody's, and is given back when the statement ends.
func (postgres) lined() string { return "NOT pg_try_advisory_xact_lock_shared(" + turnKey + ")" }

func (postgres) kind(err error) kind {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	if !errors.As(err, &pg) {
		if errors.As(err, &connect) || lostConnection(err) {
			return kindLost
		}
		return kindNone
	}
	switch pg.Code {
	case "40001", "40P01", "55P03":
		return kindBusy
	case "57P01", "57P02", "57P03", "57P05", "53300":
		return kindLost
	case "28P01", "28000", "42501", "25006":
		return kindDenied
	case "42P01":
		return kindNoTable
	case "3D000":
		return kindNoBase
	}
	if pg.Code[:2] == "08" {
		return kindLost
	}
	return kindNone
}
