package fs

import (
	"context"
	"fmt"
	iofs "io/fs"
	"iter"
	"strconv"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// noKind is the directory of entities without an identity, by number.
const noKind = "_"

// entitiesDir is entities/: a directory for each kind.
type entitiesDir struct{ c *commit }

func (d entitiesDir) Stat(ctx context.Context) (Stat, error) {
	kinds, err := d.c.kindInfos(ctx)
	if err != nil {
		return Stat{}, err
	}
	origin, err := d.c.origin(ctx)
	if err != nil {
		return Stat{}, err
	}
	s := Stat{Mode: dirMode, MTime: origin}
	var digests []uint64
	for _, k := range kinds {
		stat, err := kindDir{d.c, k}.Stat(ctx)
		if err != nil {
			return Stat{}, err
		}
		if stat.MTime.After(s.MTime) {
			s.MTime = stat.MTime
		}
		digests = append(digests, stat.Ino)
	}
	s.Ino = inodeMix(inoDir, s.MTime, digests...)
	return s, nil
}

func (d entitiesDir) Lookup(ctx context.Context, name string) (Node, error) {
	return d.c.kindNamed(ctx, name)
}

// kindNamed is the directory of a kind.
func (c *commit) kindNamed(ctx context.Context, name string) (kindDir, error) {
	if c.db.IsForeign() { // to list the kinds takes more
		k, ok := c.db.ForeignKind(name)
		return kindDir{c, k}, asMissing(name, ok, nil)
	}
	kinds, err := c.kindInfos(ctx)
	if err != nil {
		return kindDir{}, err
	}
	for _, k := range kinds {
		if k.Kind == name {
			return kindDir{c, k}, nil
		}
	}
	if name == noKind {
		return kindDir{c, engine.KindInfo{Kind: noKind}}, nil
	}
	return kindDir{}, missing(name)
}

func (d entitiesDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	kinds, err := d.c.kindInfos(ctx)
	if err != nil {
		return failed(err)
	}
	all := make([]Entry, len(kinds))
	for i, k := range kinds {
		all[i] = Entry{Name: k.Kind, Mode: iofs.ModeDir, Node: kindDir{d.c, k}}
	}
	return listed(all, from)
}

// kindInfos are the kinds of the commit, read once.
func (c *commit) kindInfos(ctx context.Context) ([]engine.KindInfo, error) {
	c.mu.Lock()
	kinds := c.kinds
	c.mu.Unlock()
	if kinds != nil {
		return kinds, nil
	}
	kinds, err := c.db.Kinds(ctx)
	if err != nil {
		return nil, fmt.Errorf("kinds of entities: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kinds = kinds
	return kinds, nil
}

// kindDir is entities/<kind>/: a directory for each entity, or pages of them.
type kindDir struct {
	c    *commit
	info engine.KindInfo
}

func (d kindDir) Stat(ctx context.Context) (Stat, error) {
	at, err := d.mtime(ctx)
	if err != nil {
		return Stat{}, err
	}
	ino := inodeMix(inoKind, at, inodeOf(inoKind, at, []byte(d.info.Kind)), d.info.Digest, d.info.Count)
	return Stat{Mode: dirMode, MTime: at, Ino: ino}, nil
}

// mtime is the time of the newest change of any entity of the kind.
func (d kindDir) mtime(ctx context.Context) (time.Time, error) {
	if d.info.Count == 0 {
		return d.c.origin(ctx)
	}
	return d.c.instant(ctx, d.info.Newest)
}

func (d kindDir) Lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case ".count":
		return d.made(ctx, name, d.count)
	case ".tsv":
		return d.made(ctx, name, d.tsv)
	case ".csv":
		return d.made(ctx, name, d.csv)
	case ".json":
		return d.made(ctx, name, d.json)
	}
	if prefix, ok := isPage(name); ok {
		return d.page(ctx, name, prefix)
	}
	n, ok, err := d.find(ctx, name)
	if err := asMissing(name, ok, err); err != nil {
		return nil, err
	}
	if n.Home.Name == name && n.Home.Kind == d.info.Kind {
		return d.entity(n, false), nil
	}
	return d.alias(ctx, n)
}

// find is the entity of a name; under "_" it may live elsewhere.
func (d kindDir) find(ctx context.Context, name string) (engine.Name, bool, error) {
	home := engine.Home{Kind: d.info.Kind, Name: name}
	if d.c.db.IsForeign() { // what else there is to know is read when it is needed
		id, lives, ok, err := d.c.db.EntityAt(ctx, home)
		if err != nil || !ok || lives == home {
			return engine.Name{ID: id, Home: lives}, ok, err
		}
	}
	return d.c.db.Lookup(ctx, home)
}

// alias is what _/<id> is for an entity that lives under its identity: a link,
// so that each directory has one path.
func (d kindDir) alias(ctx context.Context, n engine.Name) (Node, error) {
	at, err := d.c.instant(ctx, n.Newest)
	return link{target: "../" + n.Home.String(), mtime: at}, err
}

func (d kindDir) made(ctx context.Context, name string, build func(context.Context) ([]byte, error)) (Node, error) {
	at, err := d.mtime(ctx)
	if err != nil {
		return nil, err
	}
	return d.c.made("entities/"+d.info.Kind+"/"+name, at, build), nil
}

func (d kindDir) count(ctx context.Context) ([]byte, error) {
	s, err := d.all(ctx)
	return append(strconv.AppendUint(nil, s.count(), 10), '\n'), err
}

func (d kindDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	s, err := d.all(ctx)
	if err != nil {
		return failed(err)
	}
	return d.list(ctx, s, from)
}
