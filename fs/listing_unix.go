//go:build linux || darwin

package fs

import (
	"context"
	iofs "io/fs"
	"math"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// dots are the entries that every directory begins with.
var dots = [...]string{".", ".."}

// ReadDir lists names and types.
func (r *raw) ReadDir(cancel <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return r.inDir("READDIR", cancel, in.NodeId, "", func(ctx context.Context, d Dir) error {
		return fill(ctx, d, in.Offset, func(e Entry) (bool, error) {
			return out.AddDirEntry(dirEntry(e)), nil
		})
	})
}

// ReadDirPlus lists names together with what a look-up of each would answer,
// where that is at hand and, for the files of an entity, where programs look them up.
func (r *raw) ReadDirPlus(cancel <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return r.inDir("READDIRPLUS", cancel, in.NodeId, "", func(ctx context.Context, d Dir) error {
		entity, isEntity := d.(entityDir)
		named := uint64(0)
		if isEntity {
			named = r.named(entity, in)
			if in.Offset == 0 {
				r.comings.listed(ctx, entity)
			}
		}
		added := 0
		err := fill(ctx, d, in.Offset, func(e Entry) (bool, error) {
			added++
			if e.Next <= named {
				return r.addName(ctx, e, out)
			}
			return r.addPlus(ctx, in.NodeId, e, out)
		})
		if isEntity && added == 0 && err == nil {
			r.push(ctx, in.NodeId, entity) // the kernel has all entries by now
		}
		return err
	})
}

// named is the offset up to which the entries of an entity's directory are listed by
// their names, without attributes.
func (r *raw) named(d entityDir, in *fuse.ReadIn) uint64 {
	given := r.ahead.attrs.going()
	if in.Offset == 0 {
		given = r.ahead.attrs.wanted(in.NodeId)
	}
	switch {
	case !given:
		return math.MaxUint64
	case leavesOne(d):
		return uint64(len(dots)) + 1
	}
	return 0
}

// addName adds a file of an entity by its name and inode, so that it has to be
// looked up when more is wanted. Where the inode cannot be told, that look-up fails.
func (r *raw) addName(ctx context.Context, e Entry, out *fuse.DirEntryList) (more bool, err error) {
	entry := dirEntry(e)
	if f, ok := e.Node.(*attrFile); ok {
		if s, err := f.Stat(ctx); err == nil {
			entry.Ino = r.ino(f, s)
		}
	}
	return out.AddDirLookupEntry(entry) != nil, nil
}

// ino is the inode number of a file of an entity that the kernel need not know yet.
func (r *raw) ino(f *attrFile, s Stat) uint64 {
	if r.showsContent(s) {
		return s.Ino
	}
	if a, ok := f.address(); ok {
		if id, ok := r.nodes.known(a); ok {
			return id
		}
	}
	return fuse.FUSE_UNKNOWN_INO
}

// addPlus adds one entry; more is false when there was no room for it. An entry
// without a node, or with one whose stat fails, is listed by name alone: the
// look-up that follows reports the failure.
func (r *raw) addPlus(ctx context.Context, parent uint64, e Entry, out *fuse.DirEntryList) (more bool, err error) {
	var s Stat
	if e.Node != nil {
		if s, err = e.Node.Stat(ctx); err != nil {
			e.Node = nil
		}
	}
	if e.Node == nil {
		return out.AddDirLookupEntry(dirEntry(e)) != nil, nil
	}
	var found fuse.EntryOut
	r.entry(keyOf(parent, e.Name, e.Node, s), e.Node, s, &found)
	entry := dirEntry(e)
	entry.Ino = found.Attr.Ino
	plus := out.AddDirLookupEntry(entry)
	if plus == nil {
		r.nodes.forget(found.NodeId, 1)
		return false, nil
	}
	*plus = found
	return true, nil
}

// dirEntry is an entry as the kernel takes it.
func dirEntry(e Entry) fuse.DirEntry {
	mode := uint32(unix.S_IFREG)
	switch {
	case e.Mode.IsDir():
		mode = unix.S_IFDIR
	case e.Mode&iofs.ModeSymlink != 0:
		mode = unix.S_IFLNK
	}
	return fuse.DirEntry{Name: e.Name, Mode: mode, Off: e.Next}
}

// fill adds the entries from offset on until add finds no more room. Next of what
// is added counts the dots too. A failure after some entries ends the listing
// there; the kernel asks for the rest and gets the failure then.
func fill(ctx context.Context, d Dir, offset uint64, add func(Entry) (bool, error)) error {
	const before = uint64(len(dots))
	at := offset
	for ; at < before; at++ {
		if more, err := add(Entry{Name: dots[at], Mode: iofs.ModeDir, Next: at + 1}); !more || err != nil {
			return err
		}
	}
	for e, err := range d.List(ctx, at-before) {
		if err != nil {
			if at > offset {
				return nil
			}
			return err
		}
		if e.Next == 0 {
			e.Next = at - before + 1
		}
		e.Next += before
		if more, err := add(e); !more || err != nil {
			return err
		}
		at = e.Next
	}
	return nil
}
