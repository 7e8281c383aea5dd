// Package cassql keeps blocks and refs in the tables of a SQL database: PostgreSQL,
// MySQL and MariaDB, or a SQLite file.
//
// A commit is one transaction of the database: its blocks and the move of its ref are
// there together or not at all. Refs move by compare-and-swap in the database, so any
// number of processes may write at once, on any number of machines. What is garbage is
// removed under a lock that keeps writers out and lets readers in.
//
// Several stores may live in one database: the names of their tables begin differently,
// as the parameter dhfs of their URLs says.
//
// FORMAT.md says what is in every table.
package cassql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/pins"
	"github.com/ipfs/go-cid"
)

const (
	// format is the version of the tables that this package writes and reads.
	format = 1

	// readers is how many statements that read are under way at once.
	readers = 16
	// patience is how long a server may take to answer one statement, and how long
	// a transaction is tried again because others are in its way.
	patience = time.Minute
	// reconnecting is how long the server is looked for after a connection was lost.
	reconnecting = 5 * time.Second
)

// Store is an open store. All methods may be called from many goroutines.
type Store struct {
	place
	db      *sql.DB
	reading chan struct{} // as many as statements may read at once
	writing chan struct{} // as many as transactions may write at once
	queries atomic.Int64  // statements, beginnings and ends of transactions that were sent
	epoch   atomic.Int64  // as last seen; what was removed before is known to be gone
	pinned  *pins.Held[[]cid.Cid]
	crowd   crowd

	patience time.Duration
}

var (
	_ cas.RefStore  = (*Store)(nil)
	_ cas.Committer = (*Store)(nil)
	_ cas.Batcher   = (*Store)(nil)
	_ cas.Collector = (*Store)(nil)
	_ cas.Sizer     = (*Store)(nil)
	_ cas.ManySizer = (*Store)(nil)
	_ cas.Forgetter = (*Store)(nil)
	_ cas.Notifier  = (*Store)(nil)
	_ cas.Queuer    = (*Store)(nil)
)

// VersionError says that a store has a format that this version of dhfs does not know.
type VersionError struct {
	Store string // its URL, without what is secret
	Found int64
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has tables of format %d, and this dhfs knows format %d: use the dhfs that made it, "+
		"or clone it with that one into a new store", e.Store, e.Found, format)
}

// Open opens the store at a URL. The error wraps cas.ErrNotFound when there is none, cas.ErrUnavailable when the
// server cannot be reached and fs.ErrPermission when it refuses the user; it is a *VersionError when
// another dhfs made the tables.
func Open(ctx context.Context, url string) (*Store, error) {
	s, err := connect(url)
	if err != nil {
		return nil, err
	}
	if err := s.look(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// SetPatience says how long a server may take to answer one statement, and how long a transaction is tried again because others are in its way: a minute where
// nobody says. It is to be called before others use the store.
func (s *Store) SetPatience(d time.Duration) { s.patience = d }

// Create makes the tables of a store where they are not there already, and opens it. The database itself
// must exist, but for SQLite, where it is a file.
func Create(ctx context.Context, url string) (*Store, error) {
	s, err := connect(url)
	if err != nil {
		return nil, err
	}
	err = s.look(ctx)
	if errors.Is(err, cas.ErrNotFound) {
		if err = s.makeTables(ctx); err == nil {
			err = s.look(ctx)
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// connect prepares a store; no connection is made yet.
func connect(url string) (*Store, error) {
	p, err := parse(url)
	if err != nil {
		return nil, err
	}
	s := &Store{place: p, patience: patience, db: sql.OpenDB(p.connector), reading: make(chan struct{}, readers), writing: make(chan struct{}, p.writers())}
	// What fails is tried again the next time: a lease is four times as long.
	s.pinned = pins.New[[]cid.Cid](renewEvery, func(ctx context.Context) { _ = s.renew(ctx) }, s.forgetPins)
	s.db.SetMaxIdleConns(readers / 4)
	s.db.SetConnMaxIdleTime(5 * time.Minute)
	return s, nil
}

// Close ends all connections, and lets go of what is pinned.
func (s *Store) Close() error {
	s.pinned.ReleaseAll()
	return s.clean(s.db.Close())
}

// look reads the row that makes the tables a store.
func (s *Store) look(ctx context.Context) error {
	if err := s.found(); err != nil {
		return fmt.Errorf("%s: %w", s.shown, err)
	}
	var version, epoch int64
	found := false
	err := s.query(ctx, s.db, s.sql("SELECT format, epoch FROM %p_store"), nil, func(row scanner) error {
		found = true
		return row.Scan(&version, &epoch)
	})
	switch {
	case err != nil && s.kind(err) == kindNoTable, err == nil && !found:
		return fmt.Errorf("%s: %w: there are no tables %s_*", s.shown, cas.ErrNotFound, s.prefix)
	case err != nil:
		return s.failed(ctx, "open", err)
	case version != format:
		return &VersionError{Store: s.shown, Found: version}
	}
	s.saw(epoch)
	return nil
}

// makeTables makes what is missing. Others may do so at the same time: who comes second finds it there.
func (s *Store) makeTables(ctx context.Context) error {
	var err error
	for range 5 {
		if err = s.prepare(ctx); err == nil {
			err = s.tryTables(ctx)
		}
		if err == nil || ctx.Err() != nil || s.kind(err) != kindNone && s.kind(err) != kindBusy {
			break
		}
	}
	if err != nil {
		return s.failed(ctx, "create", err)
	}
	return nil
}

func (s *Store) tryTables(ctx context.Context) error {
	return s.inTx(ctx, func(tx runner) error {
		for _, statement := range append(s.tables(), s.firstRow()) {
			if _, err := s.exec(ctx, tx, s.sql(statement)); err != nil {
				return err
			}
		}
		return nil
	})
}

// saw notes an epoch that was read.
func (s *Store) saw(epoch int64) {
	for known := s.epoch.Load(); epoch > known && !s.epoch.CompareAndSwap(known, epoch); known = s.epoch.Load() {
	}
}
