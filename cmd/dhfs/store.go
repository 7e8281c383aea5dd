package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// mainBranch is the branch that commands commit to and read when none is named.
const mainBranch = "main"

// place is DB@rev, split.
type place struct{ url, rev string }

// String is for people: nothing in it is secret.
func (p place) String() string {
	if p.rev == "" {
		return shown(p.url)
	}
	return shown(p.url) + "@" + p.rev
}

// parsePlace splits DB@rev at the last @ behind the host of a URL, or of the last segment of a path, unless the whole is a path that exists.
func parsePlace(s string) place {
	if _, err := os.Stat(s); err == nil {
		return place{url: s}
	}
	from := strings.LastIndexByte(s, '/')
	if _, rest, ok := strings.Cut(s, "://"); ok {
		host := len(s) - len(rest)
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			from = max(from, host+i)
		} else {
			from = host + strings.IndexByte(rest, '@') // of a user
		}
	}
	if i := strings.LastIndexByte(s, '@'); i > from {
		return place{url: s[:i], rev: s[i+1:]}
	}
	return place{url: s}
}

// takePlace takes DB from the front of args, or from --db; an argument that begins with @ is a
// revision of --db.
func (a *app) takePlace(args []string) (place, []string, error) {
	switch {
	case a.db == "" && len(args) == 0:
		return place{}, nil, hinted{usageError{"which database?"}, "give its path first, or set DHFS_DB"}
	case a.db == "":
		return parsePlace(args[0]), args[1:], nil
	}
	p := parsePlace(a.db)
	if len(args) > 0 && strings.HasPrefix(args[0], "@") {
		p.rev = args[0][1:]
		args = args[1:]
	}
	return p, args, nil
}

// store is an open store, to be closed by its user.
type store interface {
	cas.RefStore
	io.Closer
}

// measured is a store that knows its size.
type measured interface {
	Totals(ctx context.Context) (cas.Totals, error)
}

// openStore opens an existing store.
func openStore(ctx context.Context, url string) (store, error) {
	b, err := backendOf(url)
	if err != nil {
		return nil, err
	}
	open := b.open
	if b.far {
		open = func(ctx context.Context, url string) (store, error) { return openFar(ctx, b, url) }
	}
	s, err := open(ctx, url)
	var told interface{ Hint() string } // of what is missing where the store would lie
	if errors.Is(err, cas.ErrNotFound) && !errors.Is(err, cas.ErrUnavailable) && !errors.As(err, &told) {
		return nil, hinted{fmt.Errorf("no database at %s: %w", b.shown(url), cas.ErrNotFound), "dhfs init " + b.shown(url) + ", or dhfs import " + b.shown(url) + " FILE"}
	}
	return s, err
}

// openOrCreateStore opens a store and makes it first where there is none.
func openOrCreateStore(ctx context.Context, url string) (store, error) {
	b, err := backendOf(url)
	if err != nil {
		return nil, err
	}
	s, err := b.open(ctx, url)
	if errors.Is(err, cas.ErrNotFound) {
		return b.create(ctx, url)
	}
	return s, err
}

// openDB opens the value that p names, and its store.
func openDB(ctx context.Context, p place) (engine.DB, store, error) {
	s, err := openStore(ctx, p.url)
	if err != nil {
		return engine.DB{}, nil, err
	}
	return openIn(ctx, s, p)
}

// openRead is openDB for what reads no blocks.
func openRead(ctx context.Context, p place) (engine.DB, store, error) {
	s, err := openReading(ctx, p.url)
	if err != nil {
		return engine.DB{}, nil, err
	}
	return openIn(ctx, s, p)
}

// openIn opens the value that p names in a store, which is closed where that fails.
func openIn(ctx context.Context, s store, p place) (engine.DB, store, error) {
	db, err := dbAt(ctx, s, p.rev)
	if err == nil {
		_, err = pin(ctx, s, db.Commit())
	}
	if err != nil {
		s.Close()
		return engine.DB{}, nil, fmt.Errorf("%s: %w", p, err)
	}
	return db, s, nil
}

// openEntity is openRead, and the entity that is asked for.
func openEntity(ctx context.Context, p place, entity string) (engine.DB, store, engine.ID, error) {
	db, s, err := openRead(ctx, p)
	if err != nil {
		return db, nil, 0, err
	}
	id, err := findEntity(ctx, db, entity)
	if err != nil {
		s.Close()
		return db, nil, 0, err
	}
	return db, s, id, nil
}

// laterPinner is a store where a pin takes as long as a short command.
type laterPinner interface {
	PinLater(after time.Duration, ids ...cid.Cid) (unpin func())
}

// pinAfter is how long a command runs before it pins what it reads in such a store.
const pinAfter = 2 * time.Second

// pin keeps commits from being collected by another process until unpin is called or s is closed. Who may not
// write to the store cannot pin, and reads all the same.
func pin(ctx context.Context, s store, ids ...cid.Cid) (unpin func(), err error) {
	c, ok := cas.As[cas.Collector](s)
	if !ok {
		return func() {}, nil
	}
	if l, ok := cas.As[laterPinner](s); ok {
		return l.PinLater(pinAfter, ids...), nil
	}
	unpin, err = c.Pin(ctx, ids...)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, errors.ErrUnsupported) {
		return func() {}, nil
	}
	return unpin, err
}

// dbAt opens the value that rev names in s.
func dbAt(ctx context.Context, s cas.RefStore, rev string) (engine.DB, error) {
	c, err := engine.Resolve(ctx, s, rev, now())
	if err != nil {
		return engine.DB{}, err
	}
	return engine.Open(ctx, s, c.ID)
}

// connect opens the branch of p for writing.
func connect(ctx context.Context, p place) (*engine.Conn, store, error) {
	s, err := openStore(ctx, p.url)
	if err != nil {
		return nil, nil, err
	}
	c, err := engine.Connect(ctx, s, branchOf(p))
	if err != nil {
		s.Close()
		return nil, nil, fmt.Errorf("%s: %w", p, err)
	}
	return c, s, nil
}

func branchOf(p place) string {
	if p.rev == "" {
		return mainBranch
	}
	return p.rev
}
