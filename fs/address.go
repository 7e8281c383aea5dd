package fs

import (
	"context"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/engine"
)

// address is all that is needed to make the node of an entity's directory or
// of one of its files. A database has millions of these: a mount keeps nothing
// for each, and makes it again when the kernel asks.
type address struct {
	c      *commit
	entity engine.ID
	attr   engine.ID // 0 for the directory
	kind   int       // of a directory: its place among the commit's kinds
	paged  bool      // of a directory: whether it lies below pages
}

// node makes the node anew.
func (a address) node(ctx context.Context) (Node, error) {
	if a.attr == 0 {
		kinds, err := a.c.kindInfos(ctx)
		if err != nil {
			return nil, err
		}
		return entityDir{c: a.c, id: a.entity, kind: kinds[a.kind].Kind, paged: a.paged}, nil
	}
	attr, ok := a.c.db.Schema().ByID(a.attr)
	if !ok {
		return nil, missing(fmt.Sprint("attribute ", a.attr))
	}
	if file, ok := a.c.of.tree.recent.file(entityKey{a.c, a.entity}, a.attr); ok {
		return file, nil
	}
	f, ok, err := a.c.fact(ctx, a.entity, attr)
	return &attrFile{c: a.c, id: a.entity, f: f}, asMissing(attr.Ident, ok, err)
}

// path is the node's path below the root of its database.
func (a address) path(ctx context.Context) string {
	top := "commits/" + a.c.info.ID.String() + "/entities/"
	home, _, err := a.c.db.HomeOf(ctx, a.entity)
	if err != nil {
		home = engine.Home{Kind: noKind, Name: fmt.Sprint(a.entity)}
	}
	if attr, ok := a.c.db.Schema().ByID(a.attr); ok {
		return top + home.String() + "/" + engine.AttrFileName(home.Kind, attr.Ident)
	}
	return top + home.String()
}

// addressed are the nodes that have an address.
type addressed interface {
	// address is false for the few that are not at the place the address stands for.
	address() (address, bool)
}

func (d entityDir) address() (address, bool) {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	i := slices.IndexFunc(d.c.kinds, func(k engine.KindInfo) bool { return k.Kind == d.kind })
	return address{c: d.c, entity: d.id, kind: i, paged: d.paged}, i >= 0
}

// address is false for the files of the schema.
func (a *attrFile) address() (address, bool) {
	_, isSchema := a.c.db.Schema().ByID(a.id)
	return address{c: a.c, entity: a.id, attr: a.f.attr.ID}, !isSchema
}
