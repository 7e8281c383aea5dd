package fs

import (
	"context"
	"fmt"
	iofs "io/fs"
	"iter"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// entityDir is entities/<kind>/<name>/: a file for each attribute.
type entityDir struct {
	c    *commit
	id   engine.ID
	kind string
	// paged tells that the way to it leads through pages. Directories have one parent in a
	// kernel, so what can be found in two is two nodes.
	paged bool
	name  engine.Name // without a newest t until that is needed, where the directory was made of its number or listed in an old commit
}

// entry is what the names index tells of the entity.
func (d entityDir) entry(ctx context.Context) (engine.Name, error) {
	if d.name.Newest != 0 {
		return d.name, nil
	}
	home, _, err := d.c.db.HomeOf(ctx, d.id)
	if err != nil {
		return engine.Name{}, err
	}
	n, ok, err := d.c.db.Lookup(ctx, home)
	return n, asMissing(home.String(), ok, err)
}

// shows is what the directory shows, as remembered or as the names index tells.
func (d entityDir) shows(ctx context.Context) (dirShows, error) {
	if s, ok := d.c.dirs.get(d.id); ok {
		return s, nil
	}
	n, err := d.entry(ctx)
	if err != nil {
		return dirShows{}, err
	}
	s := dirShows{d.id, n.Newest, n.Digest}
	d.c.dirs.put(s)
	return s, nil
}

func (d entityDir) mtime(ctx context.Context) (time.Time, error) {
	s, err := d.shows(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return d.c.instant(ctx, s.newest)
}

func (d entityDir) Stat(ctx context.Context) (Stat, error) {
	s, err := d.shows(ctx)
	if err != nil {
		return Stat{}, err
	}
	at, err := d.c.instant(ctx, s.newest)
	if err != nil {
		return Stat{}, err
	}
	// The names of the files depend on the kind as well.
	ino := inodeMix(inoEntity, at, inodeOf(inoKind, at, []byte(d.kind)), s.digest)
	return Stat{Mode: dirMode, MTime: at, Ino: ino}, nil
}

func (d entityDir) Lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case ".edn":
		return d.made(ctx, name, d.edn)
	case ".json":
		return d.made(ctx, name, d.json)
	case ".log":
		return d.made(ctx, name, d.log)
	case ".refs":
		return refsDir{d}, nil
	case ".back":
		return backDir{d}, nil
	}
	a, ok := d.c.attrByFile(d.kind, name)
	if !ok {
		return nil, missing(name)
	}
	f, ok, err := d.c.fact(ctx, d.id, a)
	if err := asMissing(name, ok, err); err != nil {
		return nil, err
	}
	return &attrFile{c: d.c, id: d.id, f: f}, nil
}

func (d entityDir) made(ctx context.Context, name string, build func(context.Context) ([]byte, error)) (Node, error) {
	at, err := d.mtime(ctx)
	if err != nil {
		return nil, err
	}
	return d.c.made(fmt.Sprintf("#%d/%s", d.id, name), at, build), nil
}

func (d entityDir) fileName(a *engine.Attribute) string { return engine.AttrFileName(d.kind, a.Ident) }

func (d entityDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	all, err := d.files(ctx)
	if err != nil {
		return failed(err)
	}
	return listed(all, from)
}

// files are the entries of the directory.
func (d entityDir) files(ctx context.Context) ([]Entry, error) {
	recent, key := &d.c.of.tree.recent, entityKey{d.c, d.id}
	if l, ok := recent.get(key); ok && l.kind == d.kind {
		return l.entries, nil
	}
	facts, err := d.c.facts(ctx, d.id)
	if err != nil {
		return nil, err
	}
	l := &listing{d.kind, make([]Entry, len(facts))}
	files := make([]attrFile, len(facts))
	for i, f := range facts {
		files[i].c, files[i].id, files[i].f = d.c, d.id, f
		l.entries[i] = Entry{Name: d.fileName(f.attr), Node: &files[i]}
	}
	recent.add(key, l)
	return l.entries, nil
}

// refsDir is .refs of an entity: what it points at, as links.
type refsDir struct{ e entityDir }

func (d refsDir) Stat(ctx context.Context) (Stat, error) { return statLike(ctx, d.e) }

// statLike is the stat of a directory that is not listed: the time of what it
// belongs to, and no content inode.
func statLike(ctx context.Context, n Node) (Stat, error) {
	s, err := n.Stat(ctx)
	s.Ino = 0
	return s, err
}

func (d refsDir) Lookup(ctx context.Context, name string) (Node, error) {
	a, ok := d.e.c.attrByFile(d.e.kind, name)
	if !ok || a.Type != engine.RefKind {
		return nil, missing(name)
	}
	s, err := d.Stat(ctx)
	if err != nil {
		return nil, err
	}
	depth, err := d.e.depth(ctx)
	if err != nil {
		return nil, err
	}
	of := engine.Pattern{E: engine.Some(d.e.id), A: engine.Some(a.ID)}
	for datom, err := range d.e.c.db.Match(ctx, of) {
		if err != nil {
			return nil, err
		}
		if a.Many {
			return linkDir{d.e.c, of, depth + 5, s}, nil
		}
		home, _, err := d.e.c.db.HomeOf(ctx, datom.V.Ref())
		return link{target: entityLink(depth+4, home), mtime: s.MTime}, err
	}
	return nil, missing(name)
}

func (d refsDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	facts, err := d.e.c.facts(ctx, d.e.id)
	if err != nil {
		return failed(err)
	}
	var all []Entry
	for _, f := range facts {
		if f.attr.Type != engine.RefKind {
			continue
		}
		mode := iofs.ModeSymlink
		if f.attr.Many {
			mode = iofs.ModeDir
		}
		all = append(all, Entry{Name: d.e.fileName(f.attr), Mode: mode})
	}
	return listed(all, from)
}

// backDir is .back of an entity: who points here, a directory for each attribute.
type backDir struct{ e entityDir }

// Stat has the time of the commit: any entity may have begun to point here.
func (d backDir) Stat(context.Context) (Stat, error) {
	return Stat{Mode: dirMode, MTime: d.e.c.info.At}, nil
}

func (d backDir) Lookup(ctx context.Context, name string) (Node, error) {
	for a := range d.e.c.db.Schema().Attributes() {
		if a.Type != engine.RefKind || attributeName(a) != name {
			continue
		}
		of := d.pointing(a)
		has, err := d.e.c.has(ctx, of)
		if err := asMissing(name, has, err); err != nil {
			return nil, err
		}
		depth, err := d.e.depth(ctx)
		return linkDir{d.e.c, of, depth + 5, Stat{Mode: dirMode, MTime: d.e.c.info.At}}, err
	}
	return nil, missing(name)
}

// pointing are the datoms of entities whose attribute a refers to this one.
func (d backDir) pointing(a *engine.Attribute) engine.Pattern {
	return engine.Pattern{A: engine.Some(a.ID), V: engine.Some(engine.Ref(d.e.id))}
}

func (d backDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	var all []Entry
	for a := range d.e.c.db.Schema().Attributes() {
		if a.Type != engine.RefKind {
			continue
		}
		has, err := d.e.c.has(ctx, d.pointing(a))
		if err != nil {
			return failed(err)
		}
		if has {
			all = append(all, Entry{Name: attributeName(a), Mode: iofs.ModeDir})
		}
	}
	return listed(all, from)
}
