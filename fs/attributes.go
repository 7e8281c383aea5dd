package fs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// schemaKind is the kind whose own namespace the schema's attributes have, so
// that :db/doc is the file doc.
const schemaKind = "db"

// attributeName is the name of an attribute's directory: always with its namespace.
func attributeName(a *engine.Attribute) string { return engine.AttrFileName("", a.Ident) }

// schemaDir is attributes/: a directory for each attribute of the schema, in pages when there are many.
type schemaDir struct {
	catalogDir
	dirs map[string]*attributeDir // by name
	own  Stat
}

func (d *schemaDir) Stat(context.Context) (Stat, error) { return d.own, nil }

// attributesDir is attributes/. A schema is small, so all of it is read at once.
func (c *commit) attributesDir(ctx context.Context) (Node, error) {
	c.mu.Lock()
	known := c.attributes
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	origin, err := c.origin(ctx)
	if err != nil {
		return nil, err
	}
	d := &schemaDir{dirs: map[string]*attributeDir{}}
	all := &catalog{limit: c.of.tree.opt.pageLimit(), node: d.node}
	for a := range c.db.Schema().Attributes() {
		name := attributeName(a)
		if d.dirs[name], err = c.attributeDir(ctx, a); err != nil {
			return nil, fmt.Errorf("attribute :%s: %w", a.Ident, err)
		}
		all.names = append(all.names, name)
	}
	slices.Sort(all.names)
	all.stat = func(_ context.Context, s span) (Stat, error) { return d.statOf(all.names[s.from:s.end], origin), nil }
	d.of = func(context.Context) (*catalog, error) { return all, nil }
	d.own = d.statOf(all.names, origin)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attributes = d
	return d, nil
}

// statOf is the stat of a directory of these attributes.
func (d *schemaDir) statOf(names []string, origin time.Time) Stat {
	s := Stat{Mode: dirMode, MTime: origin}
	digests := make([]uint64, 0, 2*len(names))
	for _, name := range names {
		dir := d.dirs[name]
		if dir.stat.MTime.After(s.MTime) {
			s.MTime = dir.stat.MTime
		}
		digests = append(digests, inodeOf(inoDir, time.Time{}, []byte(name)), dir.stat.Ino)
	}
	s.Ino = inodeMix(inoDir, s.MTime, digests...)
	return s
}

func (d *schemaDir) node(_ context.Context, name string, depth int) (Node, error) {
	dir := *d.dirs[name]
	dir.depth = depth
	return &dir, nil
}

// attributeDir is attributes/<ns>.<name>/: a file for each property.
type attributeDir struct {
	menu
	c     *commit
	attr  *engine.Attribute
	depth int // how many pages of attributes/ lead to it
}

func (c *commit) attributeDir(ctx context.Context, a *engine.Attribute) (*attributeDir, error) {
	facts, err := c.facts(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	origin, err := c.origin(ctx)
	if err != nil {
		return nil, err
	}
	d := &attributeDir{c: c, attr: a, menu: menu{stat: Stat{Mode: dirMode, MTime: origin}}}
	var digests []uint64
	for _, f := range facts {
		name := engine.AttrFileName(schemaKind, f.attr.Ident)
		file := &attrFile{c: c, id: a.ID, f: f}
		s, err := file.Stat(ctx)
		if err != nil {
			return nil, err
		}
		if s.MTime.After(d.stat.MTime) {
			d.stat.MTime = s.MTime
		}
		digests = append(digests, inodeOf(inoDir, time.Time{}, []byte(name)), s.Ino)
		d.entries = append(d.entries, Entry{Name: name, Node: file})
	}
	d.stat.Ino = inodeMix(inoDir, d.stat.MTime, digests...)
	return d, nil
}

func (d *attributeDir) Lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case ".values.tsv":
		return d.c.made("attributes/"+attributeName(d.attr)+"/"+name, d.c.info.At, d.valuesTSV), nil
	case ".count":
		return d.c.made("attributes/"+attributeName(d.attr)+"/"+name, d.c.info.At, d.count), nil
	case ".by":
		return byDir{d}, nil
	}
	return d.menu.Lookup(ctx, name)
}
