package fs

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// commit is an opened commit, and what was learned about it.
type commit struct {
	of    *database
	info  engine.Commit
	db    engine.DB
	depth int // how many pages of commits/ lead to it

	mu         sync.Mutex
	instants   map[uint64]time.Time
	authors    map[uint64]string
	kinds      []engine.KindInfo
	attrFiles  map[string]map[string]*engine.Attribute // by kind and file name
	attributes *schemaDir
	dirs       dirMemo
}

func (c *commit) place() place { return place{c.info.ID, c.depth} }

// list is what the directory of the commit lists.
func (c *commit) list(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	attributes, err := c.attributesDir(ctx)
	if err != nil {
		return failed(err)
	}
	return listed([]Entry{
		{Name: "attributes", Mode: iofs.ModeDir, Node: attributes},
		{Name: "entities", Mode: iofs.ModeDir, Node: entitiesDir{c}},
		{Name: "query", Mode: iofs.ModeDir, Node: c.query()},
	}, from)
}

// lookup finds a name in the directory of the commit.
func (c *commit) lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case "attributes":
		return c.attributesDir(ctx)
	case "entities":
		return entitiesDir{c}, nil
	case "query":
		return c.query(), nil
	case ".commit.edn":
		return c.made(name, c.info.At, c.commitEDN), nil
	case ".changes.tsv":
		return c.made(name, c.info.At, c.changesTSV), nil
	case ".changes.edn":
		return c.made(name, c.info.At, c.changesEDN), nil
	case ".datoms.edn":
		return c.made(name, c.info.At, c.datomsEDN), nil
	case ".history.edn":
		return c.history(), nil
	case ".schema.edn":
		return c.made(name, c.info.At, c.schemaEDN), nil
	case ".parents":
		return c.parents(), nil
	}
	return nil, missing(name)
}

// query is the query directory of the commit.
func (c *commit) query() *queryDir {
	return newQueryDir(c.of.tree, c.of, c)
}

// made is a file of the commit, named by its path below it.
func (c *commit) made(path string, mtime time.Time, build func(context.Context) ([]byte, error)) *made {
	return &made{
		cache: c.of.tree.cache,
		key:   c.info.ID.KeyString() + "/" + path,
		mtime: mtime,
		build: build,
	}
}

// parents is .parents: a numbered link for each, the first being the branch
// that was committed to.
func (c *commit) parents() Node {
	d := menu{stat: Stat{Mode: dirMode, MTime: c.info.At}}
	for i, p := range c.info.Parents {
		d.entries = append(d.entries, Entry{
			Name: fmt.Sprint(i + 1),
			Mode: iofs.ModeSymlink,
			Node: link{target: strings.Repeat("../", 2+c.depth) + p.String(), mtime: c.info.At},
		})
	}
	return d
}

// instant is the time of transaction t.
func (c *commit) instant(ctx context.Context, t uint64) (time.Time, error) {
	c.mu.Lock()
	at, ok := c.instants[t]
	c.mu.Unlock()
	if ok {
		return at, nil
	}
	at, err := c.db.Instant(ctx, t)
	if err != nil {
		return at, fmt.Errorf("time of transaction %d: %w", t, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.instants = bounded(c.instants)
	c.instants[t] = at
	return at, nil
}

// origin is the time of the first commit: that of directories that show nothing yet.
func (c *commit) origin(ctx context.Context) (time.Time, error) {
	return c.instant(ctx, 0)
}

// author is who made transaction t.
func (c *commit) author(ctx context.Context, t uint64) (string, error) {
	c.mu.Lock()
	by, ok := c.authors[t]
	c.mu.Unlock()
	if ok {
		return by, nil
	}
	info, err := engine.Ancestor(ctx, c.of.blocks, c.info.ID, func(older engine.Commit) bool { return older.T <= t })
	if err != nil && !errors.Is(err, engine.ErrPruned) {
		return "", fmt.Errorf("commit of transaction %d: %w", t, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.authors = bounded(c.authors)
	c.authors[t] = info.By
	return info.By, nil
}

// maxRemembered bounds what a commit remembers about transactions.
const maxRemembered = 100_000

// bounded returns m, or an empty map when there is none yet or it has grown too large.
func bounded[K comparable, V any](m map[K]V) map[K]V {
	if m == nil || len(m) >= maxRemembered {
		return map[K]V{}
	}
	return m
}

// attrByFile finds the attribute that a file of an entity of that kind shows.
func (c *commit) attrByFile(kind, name string) (*engine.Attribute, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	files, ok := c.attrFiles[kind]
	if !ok {
		files = map[string]*engine.Attribute{}
		for a := range c.db.Schema().System() {
			files[engine.AttrFileName(kind, a.Ident)] = a
		}
		for a := range c.db.Schema().Attributes() {
			files[engine.AttrFileName(kind, a.Ident)] = a
		}
		if c.attrFiles == nil {
			c.attrFiles = map[string]map[string]*engine.Attribute{}
		}
		c.attrFiles[kind] = files
	}
	a, ok := files[name]
	return a, ok
}

// asMissing turns "no such thing in this database" into a look-up that found nothing.
func asMissing(name string, found bool, err error) error {
	if err == nil && !found {
		return missing(name)
	}
	return err
}
