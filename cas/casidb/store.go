//go:build js && wasm

package casidb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall/js"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/promise"
)

// prefix is what the names of databases, locks and channels begin with.
const prefix = "dhfs:"

// The object stores.
const (
	blocks = "blocks"
	refs   = "refs"
	meta   = "meta"
)

// Store is an open store. All methods may be called from many goroutines, but not from within a js.Func: they wait for
// the browser, which waits for the js.Func.
type Store struct {
	name string
	id   string // of the database that was opened first

	mu     sync.Mutex  // held while a connection is made
	from   string      // where blocks are that are missing here; "" where none may
	conn   *connection // nil while there is none
	closed bool
	gone   bool // somebody removed the database
}

var (
	_ cas.RefStore  = (*Store)(nil)
	_ cas.Committer = (*Store)(nil)
	_ cas.Near      = (*Store)(nil)
	_ cas.Notifier  = (*Store)(nil)
	_ cas.Queuer    = (*Store)(nil)
)

// Open opens the store of a name. The error wraps cas.ErrNotFound when there is none, and cas.ErrUnavailable when the browser
// keeps no databases for this page, as some do in private windows; it is a *VersionError when another dhfs made the store.
func Open(ctx context.Context, name string) (*Store, error) { return open(ctx, name, false, "") }

// Create makes the store of a name unless it is there, and opens it.
func Create(ctx context.Context, name string) (*Store, error) { return open(ctx, name, true, "") }

// CreatePartial is Create for a store that need not have what its blocks link to, since that is at the URL from. Whoever opens
// it is told by From.
func CreatePartial(ctx context.Context, name, from string) (*Store, error) {
	return open(ctx, name, true, from)
}

func open(ctx context.Context, name string, create bool, from string) (*Store, error) {
	s := &Store{name: name}
	if _, err := s.connect(ctx, create, from); err != nil {
		return nil, err
	}
	return s, nil
}

// Name is the name that the store was opened by.
func (s *Store) Name() string { return s.name }

// Close ends the connection. What is under way is finished first, by the browser.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
	return nil
}

// remove notes that the database was removed, which whoever uses the store is told from then on.
func (s *Store) remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	return s.over()
}

// over is why the store cannot be used any more. The caller holds mu.
func (s *Store) over() error {
	switch {
	case s.gone:
		return &RemovedError{s.name}
	case s.closed:
		return fmt.Errorf("store %s is closed: %w", s.name, cas.ErrUnavailable)
	}
	return nil
}

// Names lists the stores of this origin, sorted.
func Names(ctx context.Context) ([]string, error) {
	api, err := indexedDB()
	if err != nil {
		return nil, err
	}
	list, err := promise.Settled(ctx, api.Call("databases"))
	if err != nil {
		return nil, fmt.Errorf("list the stores of this page: %w", err)
	}
	var names []string
	for i := range list.Length() {
		if name, ok := strings.CutPrefix(list.Index(i).Get("name").String(), prefix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Remove removes the store of a name and all that is in it. Who has it open, in whatever tab, finds it gone. It is no error when there is none.
func Remove(ctx context.Context, name string) error {
	api, err := indexedDB()
	if err != nil {
		return err
	}
	if _, err := answer(ctx, api.Call("deleteDatabase", prefix+name), func(js.Value) {}); err != nil {
		return fmt.Errorf("remove the store %s: %w", name, err)
	}
	announce(name)
	return nil
}
