package fs

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// maxOpenCommits is how many opened commits a database keeps. Each shares its
// nodes with the others through the store's cache, so this bounds only handles.
const maxOpenCommits = 256

// nodeCacheBytes is the default of Options.NodeBytes.
const nodeCacheBytes = 128 << 20

// database is one database of the tree and what is known of it.
type database struct {
	tree   *Tree
	name   string
	remote bool
	value  engine.DB // shown as the head; zero where commits are shown
	store  cas.RefStore
	leases cas.RefStore // the store without a guard
	blocks cas.Getter   // of store, with one cache of nodes for all commits
	query  *queryDir
	log    logFile

	mu      sync.Mutex
	opened  map[place]*list.Element
	order   list.List // of *commit, newest used first
	queries map[cid.Cid]*queryFiles
	seen    []cas.Ref // the refs when they last changed
	changed time.Time // when that was
	listing reached   // the commits that these refs reach
}

func newDatabase(t *Tree, d Database) *database {
	store := guarded(d, t.opt)
	db := &database{
		tree:    t,
		name:    d.Name,
		remote:  d.Remote,
		value:   d.Value,
		store:   store,
		leases:  d.Store,
		blocks:  engine.Cached(store, cmp.Or(t.opt.NodeBytes, nodeCacheBytes)),
		log:     logFile{turn: make(chan struct{}, 1)},
		opened:  map[place]*list.Element{},
		queries: map[cid.Cid]*queryFiles{},
	}
	db.query = newQueryDir(t, db, nil)
	return db
}

// root is the directory of the database.
func (d *database) root() Dir { return databaseDir{d} }

// head is the commit of the default branch.
func (d *database) head(ctx context.Context) (engine.Commit, error) {
	if d.value.IsForeign() {
		return d.readCommit(ctx, d.value.Commit())
	}
	return engine.Resolve(ctx, d.store, "", d.tree.opt.Now())
}

// readCommit reads a commit; that of a value without one is made up.
func (d *database) readCommit(ctx context.Context, id cid.Cid) (engine.Commit, error) {
	if d.isValue(id) {
		return engine.Commit{ID: id, T: d.value.T(), At: d.value.At()}, nil
	}
	return engine.ReadCommit(ctx, d.blocks, id)
}

func (d *database) isValue(id cid.Cid) bool { return d.value.IsForeign() && d.value.Commit() == id }

// resolve finds the commit that rev names. That there is no such rev, or that
// it is no rev at all, is io/fs.ErrNotExist; that a commit on the way to it is
// missing is not.
func (d *database) resolve(ctx context.Context, rev string) (engine.Commit, error) {
	c, err := engine.Resolve(ctx, d.store, rev, d.tree.opt.Now())
	if err == nil || ctx.Err() != nil {
		return c, err
	}
	name, _, _ := strings.Cut(rev, "~")
	if !damaged(err) || errors.Is(err, cas.ErrNotFound) && !lost(err, name) {
		return c, fmt.Errorf("%w (%w)", err, iofs.ErrNotExist)
	}
	return c, err
}

// place is a commit, and how many pages of commits/ lead to it. Directories have one parent in a
// kernel, so what is found in two places is opened twice.
type place struct {
	id    cid.Cid
	depth int
}

// commit opens the commit named id, as it is found by its name.
func (d *database) commit(ctx context.Context, id cid.Cid) (*commit, error) {
	return d.commitIn(ctx, id, 0)
}

// commitIn opens a commit that is so many pages below commits/.
func (d *database) commitIn(ctx context.Context, id cid.Cid, depth int) (*commit, error) {
	if c := d.known(place{id, depth}); c != nil {
		return c, nil
	}
	info, err := d.readCommit(ctx, id)
	if err != nil {
		return nil, err
	}
	db := d.value
	if !d.isValue(id) {
		if db, err = engine.Open(ctx, d.blocks, id); err != nil {
			return nil, err
		}
	}
	return d.keep(&commit{of: d, info: info, db: db, depth: depth}), nil
}

// noFiles is a query directory that nothing was written into.
var noFiles = newQueryFiles(time.Now)

// filesOf are the files in a commit's query directory. Only with write is
// anything kept for it.
func (d *database) filesOf(id cid.Cid, write bool) *queryFiles {
	d.mu.Lock()
	defer d.mu.Unlock()
	q, ok := d.queries[id]
	switch {
	case ok:
		return q
	case !write:
		return noFiles
	}
	q = newQueryFiles(d.tree.opt.Now)
	d.queries[id] = q
	return q
}

func (d *database) known(at place) *commit {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.opened[at]
	if !ok {
		return nil
	}
	d.order.MoveToFront(e)
	return e.Value.(*commit)
}

// keep remembers c, unless another caller was faster.
func (d *database) keep(c *commit) *commit {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.opened[c.place()]; ok {
		return e.Value.(*commit)
	}
	d.opened[c.place()] = d.order.PushFront(c)
	for d.order.Len() > maxOpenCommits {
		old := d.order.Remove(d.order.Back()).(*commit)
		delete(d.opened, old.place())
	}
	return c
}

// refs are the refs as they are now, and when they were last seen to change.
// That time never stays the same when the refs do not, so that a listing made
// from them can be cached by it.
func (d *database) refs(ctx context.Context) ([]cas.Ref, time.Time, error) {
	now, err := d.store.Refs(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	now = slices.DeleteFunc(now, func(r cas.Ref) bool { return r.Name == cas.AbsentRef })
	d.mu.Lock()
	same, first, at := equalRefs(d.seen, now), d.changed.IsZero(), d.changed
	d.mu.Unlock()
	if same && !first {
		return now, at, nil
	}
	at = d.tree.opt.Now().UTC()
	if first {
		if at, err = newest(ctx, d.store, now); err != nil {
			return nil, time.Time{}, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !at.After(d.changed) {
		at = d.changed.Add(1)
	}
	d.seen, d.changed = now, at
	return now, at, nil
}

func equalRefs(a, b []cas.Ref) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// newest is the time of the newest commit that the refs point at.
func newest(ctx context.Context, g cas.Getter, refs []cas.Ref) (time.Time, error) {
	at := time.Unix(0, 0).UTC()
	for _, r := range refs {
		c, err := engine.ReadCommit(ctx, g, r.CID)
		if err != nil {
			return at, fmt.Errorf("ref %s: %w", r.Name, err)
		}
		if c.At.After(at) {
			at = c.At
		}
	}
	return at, nil
}
