package fs

import (
	"context"
	"iter"
	"path/filepath"
	"sync"
	"time"
)

// queryDir is a query/ directory: files that were written, and the results of
// those that are queries, by look-up.
type queryDir struct {
	tree  *Tree
	db    *database   // what $ means; nil where several databases meet
	c     *commit     // nil at the root, where $ is the head
	own   *queryFiles // of a root; a commit's are kept by the database
	shown *shownResults
}

// newQueryDir makes the query directory of a tree of several databases, of a
// database or of a commit.
func newQueryDir(t *Tree, db *database, c *commit) *queryDir {
	d := &queryDir{tree: t, db: db, c: c}
	if c == nil {
		d.own, d.shown = newQueryFiles(t.opt.Now), &shownResults{}
		d.own.keepIn(t.queriesOf(db), t.errors)
	}
	return d
}

// queriesOf is the directory that keeps the root queries: of one database
// Options.Queries itself, of several a directory in it for each.
func (t *Tree) queriesOf(db *database) string {
	if t.opt.Queries == "" || db == nil || t.single {
		return t.opt.Queries
	}
	return filepath.Join(t.opt.Queries, db.name)
}

// files are the files of the directory, to be read.
func (d *queryDir) files() *queryFiles {
	if d.c != nil {
		return d.db.filesOf(d.c.info.ID, false)
	}
	return d.own
}

// writable are the files of the directory, to be changed.
func (d *queryDir) writable() *queryFiles {
	if d.c != nil {
		return d.db.filesOf(d.c.info.ID, true)
	}
	return d.own
}

func (d *queryDir) Stat(ctx context.Context) (Stat, error) {
	s := Stat{Mode: dirMode | 0o200, MTime: d.files().lastChange(), Moves: true}
	switch {
	case !s.MTime.IsZero():
	case d.c != nil:
		s.MTime = d.c.info.At
	default:
		s.MTime = d.tree.started
	}
	return s, nil
}

func (d *queryDir) List(_ context.Context, from uint64) iter.Seq2[Entry, error] {
	var all []Entry
	files := d.files()
	for _, name := range files.names() {
		if f, ok := files.get(name); ok {
			all = append(all, Entry{Name: name, Node: f})
		}
	}
	return listed(all, from)
}

func (d *queryDir) Lookup(ctx context.Context, name string) (Node, error) {
	if f, ok := d.files().get(name); ok {
		return f, nil
	}
	base, ext, ok := resultName(name)
	if !ok {
		return nil, missing(name)
	}
	q, ok := d.find(base + ".dl")
	if !ok {
		return nil, missing(name)
	}
	return d.result(ctx, q, name, ext)
}

// written is the text of a query and when it was written.
type written struct {
	text  string
	mtime time.Time
}

// find reads a query file of the directory, else one of the directories above that answer here too: a commit
// has the queries of its database, and a database those of the root that joins it with others.
func (d *queryDir) find(name string) (written, bool) {
	for _, files := range d.searched() {
		if data, mtime, ok := files.read(name); ok {
			return written{string(data), mtime}, true
		}
	}
	return written{}, false
}

// searched are the files that queries are looked for in, the nearest first.
func (d *queryDir) searched() []*queryFiles {
	all := []*queryFiles{d.files()}
	if d.c != nil {
		all = append(all, d.db.query.own)
	}
	if j, ok := d.tree.root.(joined); ok && d.db != nil {
		all = append(all, j.query.own)
	}
	return all
}

// shownResults remember what results looked like, so that one whose bytes are
// the same keeps its time: make then has nothing to do.
type shownResults struct {
	mu    sync.Mutex
	names map[string]shownResult
}

type shownResult struct {
	of    string // what was evaluated, by its key
	bytes uint64 // hash of the content
	mtime time.Time
}

// time is the mtime of a result under this name. The first time it is that of
// the newest thing it was made of; when its bytes change it is now.
func (s *shownResults) time(name, of string, data []byte, newest, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, ok := s.names[name]
	if ok && last.of == of {
		return last.mtime
	}
	next := shownResult{of: of, bytes: inodeOf(inoFile, time.Time{}, data), mtime: newest}
	switch {
	case ok && last.bytes == next.bytes:
		next.mtime = last.mtime
	case ok && now.After(last.mtime):
		next.mtime = now
	case ok:
		next.mtime = last.mtime.Add(time.Millisecond)
	}
	s.names = bounded(s.names)
	s.names[name] = next
	return next.mtime
}
