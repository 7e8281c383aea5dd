package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	// The driver runs SQLite in this process, without cgo.
	_ "modernc.org/sqlite"
)

// sqlite is SQLite in memory: what dhfs would have to be worth leaving SQL for.
type sqlite struct {
	layout  func(w *workload) layout
	db      *sql.DB
	sources map[string]source
}

// newSQLiteTables has a table for each namespace, as an application's own schema would.
func newSQLiteTables() *sqlite { return &sqlite{layout: newTables} }

// newSQLiteEAV has one table of all facts, which takes any attribute, as Datalog does.
func newSQLiteEAV() *sqlite { return &sqlite{layout: newEAV} }

func (s *sqlite) load(ctx context.Context, w *workload) error {
	s.close()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	// Each connection has a database of its own in memory.
	db.SetMaxOpenConns(1)
	s.db = db
	// Else what a query sorts or makes distinct goes to files.
	if _, err := db.ExecContext(ctx, "pragma temp_store = memory"); err != nil {
		return err
	}
	l := s.layout(w)
	s.sources = l.sources()
	return fill(ctx, db, l, w)
}

func (s *sqlite) close() {
	if s.db != nil {
		s.db.Close()
		s.db = nil
	}
}

func (s *sqlite) prepare(ctx context.Context, q query) (prepared, error) {
	st, err := translate(q, s.sources)
	if err != nil {
		return nil, fmt.Errorf("no SQL for %s: %w", q.id, err)
	}
	stmt, err := s.db.PrepareContext(ctx, st.sql)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", st.sql, err)
	}
	return &sqliteQuery{stmt: stmt, statement: st}, nil
}

// sqliteQuery is a prepared statement.
type sqliteQuery struct {
	*statement
	stmt *sql.Stmt
}

// count relies on the driver, whose Next makes Go values of all columns.
func (p *sqliteQuery) count(ctx context.Context) (int, error) {
	rows, err := p.stmt.QueryContext(ctx, p.params...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

func (p *sqliteQuery) rows(ctx context.Context) ([]string, error) {
	rows, err := p.stmt.QueryContext(ctx, p.params...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := make([]any, len(p.kinds))
	places := make([]any, len(p.kinds))
	for i := range values {
		places[i] = &values[i]
	}
	var all []string
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		all = append(all, ednRow(values, p.kinds))
	}
	return all, rows.Err()
}

// ednRow writes a row as an EDN vector.
func ednRow(values []any, kinds []string) string {
	texts := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case nil:
			texts[i] = "nil"
		case int64:
			texts[i] = strconv.FormatInt(v, 10)
		case string:
			texts[i] = v
			if kinds[i] != "keyword" {
				texts[i] = ednString(v)
			}
		default:
			texts[i] = fmt.Sprint(v)
		}
	}
	return "[" + strings.Join(texts, " ") + "]"
}

var ednEscapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// ednString writes a string as EDN.
func ednString(s string) string { return `"` + ednEscapes.Replace(s) + `"` }
