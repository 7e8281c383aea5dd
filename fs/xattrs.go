package fs

import (
	"context"
	"strconv"

	"github.com/dhfs/dhfs/engine"
)

// xattr is an extended attribute of a node.
type xattr struct{ name, value string }

// tagged are the nodes that have extended attributes: directories of commits and
// of entities, and the files in those.
type tagged interface {
	xattrs(ctx context.Context) ([]xattr, error)
}

const xattrPrefix = "user.dhfs."

func cidXattr(c engine.Commit) xattr { return xattr{xattrPrefix + "cid", c.ID.String()} }

func eidXattr(id engine.ID) xattr {
	return xattr{xattrPrefix + "eid", strconv.FormatUint(uint64(id), 10)}
}

func tXattr(t uint64) xattr { return xattr{xattrPrefix + "t", strconv.FormatUint(t, 10)} }

func (d *commitDir) xattrs(context.Context) ([]xattr, error) {
	return []xattr{cidXattr(d.info), tXattr(d.info.T)}, nil
}

func (d entityDir) xattrs(ctx context.Context) ([]xattr, error) {
	n, err := d.entry(ctx)
	return []xattr{cidXattr(d.c.info), eidXattr(d.id), tXattr(n.Newest)}, err
}

func (a *attrFile) xattrs(ctx context.Context) ([]xattr, error) {
	t, err := a.newest(ctx)
	return []xattr{
		cidXattr(a.c.info), eidXattr(a.id), tXattr(t),
		{xattrPrefix + "type", ":db.type/" + a.f.attr.Type.String()},
	}, err
}
