package engine

import (
	"context"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// Options fix what a database is when it is created.
type Options struct {
	SchemaOnRead bool
	NoHistory    bool
}

// Create makes an empty database: its first commit, t 0, and the ref "heads/"+branch. The error wraps cas.ErrConflict where there is one already.
func Create(ctx context.Context, s cas.RefStore, branch string, o Options, now time.Time) (*Conn, error) {
	panic("spec")
}

// Connect opens the branch of an existing database; the error wraps cas.ErrNotFound where there is none.
func Connect(ctx context.Context, s cas.RefStore, branch string) (*Conn, error) { panic("spec") }

// Conn follows a branch and commits to it. It is safe for many goroutines and many processes at once.
type Conn struct{}

// DB is the value the branch points at now.
func (c *Conn) DB(ctx context.Context) (DB, error) { panic("spec") }

// Report is the outcome of a transaction.
type Report struct {
	Before, After DB
	Commit        Commit        // zero for With
	Datoms        []Datom       // what was added and retracted, the transaction's own datoms included
	Tempids       map[string]ID // "-1" for a negative number, the text for a string
}

// Transact runs the transaction on the newest value and commits it, again on the new head when another writer was faster, a bounded number of times.
// forms is tx data: maps and [:db/add …] vectors. A transaction that changes nothing but its own tx entity is still a transaction.
func (c *Conn) Transact(ctx context.Context, forms []edn.Value, m Meta) (Report, error) {
	panic("spec")
}
