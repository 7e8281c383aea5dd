package fs

import (
	"context"
	iofs "io/fs"
	"iter"

	"github.com/dhfs/dhfs/engine"
)

// linkDir is a directory of links to entities: those that have a value, or those
// that an attribute of one refers to. There may be many, so that nothing is kept of them;
// offsets count datoms.
type linkDir struct {
	c     *commit
	of    engine.Pattern // A and V: the entities that have it; E and A: what that refers to
	depth int            // levels below the commit
	stat  Stat
}

func (d linkDir) Stat(context.Context) (Stat, error) { return d.stat, nil }

// entity is what a datom of the directory links to.
func (d linkDir) entity(datom engine.Datom) engine.ID {
	if d.of.E.Set {
		return datom.V.Ref()
	}
	return datom.E
}

// link is the link to the entity that lives at home.
func (d linkDir) link(home engine.Home) Node {
	return link{target: entityLink(d.depth, home), mtime: d.stat.MTime}
}

// Lookup finds a name by the entity that it tells. Names that were cut tell none.
func (d linkDir) Lookup(ctx context.Context, name string) (Node, error) {
	text, ok := engine.ParseFileName(name)
	if !ok {
		return d.search(ctx, name)
	}
	home, ok := splitHome(text)
	if !ok {
		return nil, missing(name)
	}
	n, ok, err := d.c.db.Lookup(ctx, home)
	if err := asMissing(name, ok && n.Home == home, err); err != nil {
		return nil, err
	}
	only := d.of
	if d.of.E.Set {
		only.V = engine.Some(engine.Ref(n.ID))
	} else {
		only.E = engine.Some(n.ID)
	}
	has, err := d.c.has(ctx, only)
	return d.link(home), asMissing(name, has, err)
}

func (d linkDir) search(ctx context.Context, name string) (Node, error) {
	for e, err := range d.List(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if e.Name == name {
			return e.Node, nil
		}
	}
	return nil, missing(name)
}

func (d linkDir) List(ctx context.Context, from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for datom, err := range d.c.db.DatomsAt(ctx, d.of, from) {
			var home engine.Home
			if err == nil {
				home, _, err = d.c.db.HomeOf(ctx, d.entity(datom))
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(Entry{Name: homeName(home), Mode: iofs.ModeSymlink, Node: d.link(home)}, nil) {
				return
			}
		}
	}
}

// has tells whether any datom fits.
func (c *commit) has(ctx context.Context, p engine.Pattern) (bool, error) {
	for _, err := range c.db.Match(ctx, p) {
		return err == nil, err
	}
	return false, nil
}
