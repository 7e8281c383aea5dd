package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// layout is how facts are laid out in tables.
type layout interface {
	sources() map[string]source // by the attribute's name
	schema() []string           // the statements that make the tables
	inserts() []string          // a statement for each shape of row
	// rows calls insert with the number of a statement and its parameters.
	rows(e entity, insert func(statement int, params ...any) error) error
	indexes() []string
}

// fill loads w in one transaction and makes the indexes after it, which is the quickest way.
func fill(ctx context.Context, db *sql.DB, l layout, w *workload) error {
	if err := execAll(ctx, db, l.schema()); err != nil {
		return err
	}
	if err := insertAll(ctx, db, l, w); err != nil {
		return err
	}
	return execAll(ctx, db, append(l.indexes(), "analyze"))
}

func insertAll(ctx context.Context, db *sql.DB, l layout, w *workload) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var stmts []*sql.Stmt
	for _, text := range l.inserts() {
		stmt, err := tx.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		stmts = append(stmts, stmt)
	}
	for _, e := range w.entities {
		err := l.rows(e, func(statement int, params ...any) error {
			_, err := stmts[statement].ExecContext(ctx, params...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func execAll(ctx context.Context, db *sql.DB, statements []string) error {
	for _, text := range statements {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// cell is a value as a column holds it: keywords with their colon.
func cell(a attr, value any) any {
	if a.kind == "keyword" {
		return ":" + value.(string)
	}
	return value
}

// eav is one table of facts. It numbers attributes from 1.
type eav struct{ w *workload }

func newEAV(w *workload) layout { return eav{w} }

func (l eav) sources() map[string]source {
	all := map[string]source{}
	for i, a := range l.w.attrs {
		all[a.name] = source{table: "d", e: "e", v: "v", number: i + 1, kind: a.kind, one: !a.many}
	}
	return all
}

// schema gives columns no types: SQLite finds nothing by an index on a column without one whose value must equal
// that of a column with one.
func (l eav) schema() []string {
	return []string{"create table d(e, a, v, primary key(e, a, v)) without rowid"}
}

func (l eav) inserts() []string { return []string{"insert or ignore into d values (?, ?, ?)"} }

func (l eav) rows(e entity, insert func(int, ...any) error) error {
	for _, f := range e.facts {
		if err := insert(0, e.id, f.attr+1, cell(l.w.attrs[f.attr], f.value)); err != nil {
			return err
		}
	}
	return nil
}

// indexes are partial, two for each attribute, since SQLite keeps statistics for an index: over those of all attributes
// it takes the few values of one for as selective as the keys of another, and chooses plans that take minutes.
func (l eav) indexes() []string {
	var statements []string
	for i := range l.w.attrs {
		for _, columns := range []string{"e, v", "v, e"} {
			name := quote(fmt.Sprintf("%s of %d", columns, i+1))
			text := fmt.Sprintf("create index %s on d(%s) where a = %d", name, columns, i+1)
			statements = append(statements, text)
		}
	}
	return statements
}

// tables is a table for each namespace with a column for each attribute, and one for each attribute of many values.
type tables struct {
	w      *workload
	names  []string // quoted, in the order of their first attributes
	width  []int    // how many attributes a table has
	places []place  // of the attributes
}

// place is where an attribute is: a column of a table.
type place struct {
	table, column int
	name          string
}

// key is the column of entities. Its slash keeps it apart from all attributes.
const key = `"db/id"`

func newTables(w *workload) layout {
	l := &tables{w: w}
	for _, a := range w.attrs {
		name, column := "main", a.name
		if a.many {
			name, column = "m_"+a.name, "v"
		} else if namespace, local, ok := strings.Cut(a.name, "/"); ok {
			name, column = namespace, local
		}
		table := slices.Index(l.names, quote(name))
		if table < 0 {
			table = len(l.names)
			l.names = append(l.names, quote(name))
			l.width = append(l.width, 0)
		}
		l.places = append(l.places, place{table, l.width[table], quote(column)})
		l.width[table]++
	}
	return l
}

func (l *tables) sources() map[string]source {
	all := map[string]source{}
	for i, a := range l.w.attrs {
		p := l.places[i]
		src := source{table: l.names[p.table], e: key, v: p.name, kind: a.kind, shared: !a.many, one: !a.many}
		all[a.name] = src
	}
	return all
}

func (l *tables) schema() []string {
	columns := make([]string, len(l.names))
	many := make([]bool, len(l.names))
	for i, a := range l.w.attrs {
		p := l.places[i]
		kind := "integer"
		if a.kind == "string" || a.kind == "keyword" {
			kind = "text"
		}
		columns[p.table] += ", " + p.name + " " + kind
		many[p.table] = a.many
	}
	var statements []string
	for i, name := range l.names {
		text := fmt.Sprintf("create table %s(%s integer primary key%s)", name, key, columns[i])
		if many[i] {
			text = fmt.Sprintf("create table %s(%s integer%s, primary key(%s, v)) without rowid", name, key, columns[i], key)
		}
		statements = append(statements, text)
	}
	return statements
}

func (l *tables) inserts() []string {
	var statements []string
	for i, name := range l.names {
		marks := strings.Repeat(", ?", l.width[i])
		statements = append(statements, fmt.Sprintf("insert or ignore into %s values (?%s)", name, marks))
	}
	return statements
}

func (l *tables) rows(e entity, insert func(int, ...any) error) error {
	params := make([][]any, len(l.names))
	for _, f := range e.facts {
		a, p := l.w.attrs[f.attr], l.places[f.attr]
		if a.many {
			if err := insert(p.table, e.id, cell(a, f.value)); err != nil {
				return err
			}
			continue
		}
		if params[p.table] == nil {
			params[p.table] = make([]any, 1+l.width[p.table])
			params[p.table][0] = e.id
		}
		params[p.table][1+p.column] = cell(a, f.value)
	}
	for table, row := range params {
		if row == nil {
			continue
		}
		if err := insert(table, row...); err != nil {
			return err
		}
	}
	return nil
}

func (l *tables) indexes() []string {
	var statements []string
	for i, a := range l.w.attrs {
		p := l.places[i]
		columns := p.name
		if a.many {
			columns += ", " + key
		}
		unique := ""
		if a.unique {
			unique = "unique "
		}
		text := fmt.Sprintf("create %sindex %s on %s(%s)", unique, quote("i_"+a.name), l.names[p.table], columns)
		statements = append(statements, text)
	}
	return statements
}
