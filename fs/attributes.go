package fs

import (
	"context"
	"fmt"
	iofs "io/fs"
	"time"

	"github.com/dhfs/dhfs/engine"
)

// schemaKind is the kind whose own namespace the schema's attributes have, so
// that :db/doc is the file doc.
const schemaKind = "db"

// attributeName is the name of an attribute's directory: always with its namespace.
func attributeName(a *engine.Attribute) string { return engine.AttrFileName("", a.Ident) }

// attributesDir is attributes/: a directory for each attribute of the schema.
// A schema is small, so all of it is read at once.
func (c *commit) attributesDir(ctx context.Context) (Node, error) {
	c.mu.Lock()
	known := c.attributes
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	origin, err := c.origin(ctx)
	if err != nil {
		return nil, err
	}
	d := menu{stat: Stat{Mode: dirMode, MTime: origin}}
	var digests []uint64
	for a := range c.db.Schema().Attributes() {
		dir, err := c.attributeDir(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("attribute :%s: %w", a.Ident, err)
		}
		if dir.stat.MTime.After(d.stat.MTime) {
			d.stat.MTime = dir.stat.MTime
		}
		name := attributeName(a)
		digests = append(digests, inodeOf(inoDir, time.Time{}, []byte(name)), dir.stat.Ino)
		d.entries = append(d.entries, Entry{Name: name, Mode: iofs.ModeDir, Node: dir})
	}
	d.stat.Ino = inodeMix(inoDir, d.stat.MTime, digests...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attributes = &d
	return d, nil
}

// attributeDir is attributes/<ns>.<name>/: a file for each property.
type attributeDir struct {
	menu
	c    *commit
	attr *engine.Attribute
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
		file := newAttrFile(c, a.ID, f)
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
