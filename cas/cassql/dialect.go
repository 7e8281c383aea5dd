package cassql

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"
)

// dialect is what differs between databases. In all statements %p is what the names of tables begin with,
// and ? a parameter.
type dialect interface {
	// found tells what can be told before a connection is made; prepare makes the database itself, where that can be.
	found() error
	prepare(ctx context.Context) error
	// writers is how many transactions of one process may write at once.
	writers() int
	// tables make what is missing of the tables, firstRow the row that makes them a store.
	tables() []string
	firstRow() string
	// begin begins a transaction that writes.
	begin() string
	// share reads the epoch, and what else is named, and keeps Collect out until the transaction ends; alone keeps all writers out first.
	share(also string) string
	alone() []string
	// now is the server's clock, in seconds since 1970.
	now() string
	// in is the condition that a column is one of values.
	in(column string, values [][]byte) (condition string, args []any)
	// insert is the statement that stores what is not there of rows.
	insert(rows []row) (statement string, args []any)
	// insertRef makes a ref unless it is there: name, CID.
	insertRef() string
	// numbered tells that parameters are $1, $2 instead of ?.
	numbered() bool
	// disk is the statement that tells how many bytes the tables take; reclaim are those that give back the room of what was deleted.
	disk() string
	reclaim() []string
	// kind tells what an error of the driver means.
	kind(err error) kind
}

// oneStep is a dialect that can write in a single statement.
type oneStep interface {
	// write returns a statement that yields the epoch, how many refs were moved, and whether somebody stands in line for the ref. ok is false where it takes several.
	write(w *write) (statement string, args []any, ok bool)
}

// place is where a store is: its database, connected to in one of three ways.
type place struct {
	dialect
	connector driver.Connector
	prefix    string   // of the names of tables
	shown     string   // the URL, without what is secret
	secrets   []string // what no error may show
}

// sql fills in the prefix, and numbers the parameters where the database wants that.
func (p place) sql(statement string) string {
	statement = strings.ReplaceAll(statement, "%p", p.prefix)
	if !p.numbered() {
		return statement
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(statement, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
}

// list is the condition that a column is one of values, a parameter for each.
func list(column string, values [][]byte) (condition string, args []any) {
	for _, v := range values {
		args = append(args, v)
	}
	return column + " IN (?" + strings.Repeat(",?", len(values)-1) + ")", args
}

// rowValues is the list of values of an insert, a parameter for each.
func rowValues(rows []row) (values string, args []any) {
	for _, r := range rows {
		args = append(args, r.id, r.size, r.coding, r.data)
	}
	return "(?,?,?,?)" + strings.Repeat(",(?,?,?,?)", len(rows)-1), args
}
