package fs

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"iter"
	"strings"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/queries"
)

// Database is one database of a tree.
type Database struct {
	Name  string // the directory's name, and a query's $name
	Store cas.RefStore
	// Remote says that the store may keep the tree waiting: it is asked under
	// Options.Deadlines, and never while the kernel fills its page cache, which
	// programs that wait for it cannot be interrupted in.
	Remote bool
	// Value, where it is one, is shown as the head without its commit: entities and their attributes. Store is asked for all else.
	Value engine.DB
}

// Options say how a tree shows its databases.
type Options struct {
	// Inodes is "content" (also when empty) or "unique": inodes that tell
	// nothing about content, for programs that take equal inodes for hard links.
	Inodes string
	// Page is how many names a directory lists before it is paged: 0 means
	// 1,000, a negative number never.
	Page int
	// Limits stop queries; zero fields mean the defaults of package queries.
	Limits queries.Limits
	// Queries is the directory that keeps what is written into the query
	// directories of the root and of each database, for the next tree; with ""
	// it is forgotten.
	Queries string
	// Deadlines of remote stores.
	Deadlines Deadlines
	// NodeBytes bounds the decoded nodes that are kept for each database; 0 means 128 MiB.
	NodeBytes int64
	// Evaluated, if set, is told the text of each query that is evaluated; results
	// that are known are not. It is called from many goroutines.
	Evaluated func(text string)
	// Now is the clock; that of file systems when nil.
	Now func() time.Time
}

// cacheBytes bounds the rendered files that a tree keeps, and the rows of
// evaluated queries, each.
const cacheBytes = 64 << 20

// Tree is one or several databases as files. It is safe for many goroutines.
type Tree struct {
	root     Dir
	dbs      []*database
	opt      Options
	single   bool // one database, which is the root itself
	started  time.Time
	cache    *cache[[]byte]   // rendered files
	outcomes *cache[*outcome] // evaluated queries
	outlines *cache[outline]  // of files that are made in parts
	errors   *errorLog
	recent   recent // listings
}

// New makes the tree of the databases. A single one is the root itself; several
// are directories beside one query directory that joins them.
func New(dbs []Database, opt Options) *Tree {
	if opt.Now == nil {
		opt.Now = fileClock
	}
	if opt.Evaluated == nil {
		opt.Evaluated = func(string) {}
	}
	t := &Tree{
		opt:      opt,
		single:   len(dbs) == 1,
		started:  opt.Now(),
		cache:    newCache(cacheBytes, func(data []byte) int { return len(data) }),
		outcomes: newCache(cacheBytes, (*outcome).size),
		outlines: newCache(outlineBytes, outline.size),
	}
	t.errors = &errorLog{now: opt.Now, last: t.started}
	for _, d := range dbs {
		t.dbs = append(t.dbs, newDatabase(t, d))
	}
	if t.single {
		t.root = t.dbs[0].root()
	} else {
		t.root = joined{t, newQueryDir(t, nil, nil)}
	}
	return t
}

// Sync returns when the queries that were written are kept in Options.Queries.
func (t *Tree) Sync() error {
	errs := []error{}
	if j, ok := t.root.(joined); ok {
		errs = append(errs, j.query.own.sync())
	}
	for _, d := range t.dbs {
		errs = append(errs, d.query.own.sync())
	}
	return errors.Join(errs...)
}

// Root is the top directory.
func (t *Tree) Root() Dir { return t.root }

// database finds a database of the tree by name.
func (t *Tree) database(name string) (*database, bool) {
	for _, d := range t.dbs {
		if d.name == name {
			return d, true
		}
	}
	return nil, false
}

// maxLinks is how many symbolic links one path may go through.
const maxLinks = 40

// Walk finds the node at a slash-separated path below the root, through links.
func (t *Tree) Walk(ctx context.Context, path string) (Node, error) { return t.walk(ctx, path, true) }

// walk finds the node at path. The last name is followed when it is a link only
// if follow is set.
func (t *Tree) walk(ctx context.Context, path string, follow bool) (Node, error) {
	above, here := []Dir{}, t.root
	rest := splitPath(path)
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case ".":
			continue
		case "..":
			if len(above) > 0 {
				here, above = above[len(above)-1], above[:len(above)-1]
			}
			continue
		}
		n, err := here.Lookup(ctx, name)
		if err != nil {
			return nil, err
		}
		if l, ok := n.(Link); ok && (len(rest) > 0 || follow) {
			if links++; links > maxLinks {
				return nil, errLoop
			}
			rest = append(splitPath(l.Target()), rest...)
			continue
		}
		d, ok := n.(Dir)
		if !ok {
			if len(rest) > 0 {
				return nil, fmt.Errorf("%q: %w", name, errNotDir)
			}
			return n, nil
		}
		above, here = append(above, here), d
	}
	return here, nil
}

// splitPath returns the names in a path; "" has none.
func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// joined is the root of several databases.
type joined struct {
	tree  *Tree
	query *queryDir
}

func (j joined) Stat(ctx context.Context) (Stat, error) {
	s := Stat{Mode: dirMode, Moves: true}
	for _, d := range j.tree.dbs {
		_, at, err := d.refs(ctx)
		if err != nil {
			return Stat{}, err
		}
		if at.After(s.MTime) {
			s.MTime = at
		}
	}
	return s, nil
}

func (j joined) Lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case "query":
		return j.query, nil
	case ".dhfs":
		return j.tree.errors, nil
	}
	if d, ok := j.tree.database(name); ok {
		return d.root(), nil
	}
	return nil, missing(name)
}

func (j joined) List(_ context.Context, from uint64) iter.Seq2[Entry, error] {
	var all []Entry
	for _, d := range j.tree.dbs {
		all = append(all, Entry{Name: d.name, Mode: iofs.ModeDir, Node: d.root()})
	}
	all = append(all, Entry{Name: "query", Mode: iofs.ModeDir, Node: j.query})
	return listed(all, from)
}
