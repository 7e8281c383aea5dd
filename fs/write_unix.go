//go:build linux || darwin

package fs

import (
	"context"
	"errors"
	iofs "io/fs"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// inQuery runs a change in a query directory; elsewhere it is ErrReadOnly.
func (r *raw) inQuery(op string, cancel <-chan struct{}, id uint64, name string, do func(context.Context, *queryFiles) error) fuse.Status {
	if len(name) > maxNameLen {
		return fuse.Status(unix.ENAMETOOLONG)
	}
	return r.inDir(op, cancel, id, name, func(ctx context.Context, d Dir) error {
		if q, ok := d.(*queryDir); ok {
			return do(ctx, q.writable())
		}
		return ErrReadOnly
	})
}

// Create makes and opens a file, or opens the one that is there.
func (r *raw) Create(cancel <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return r.inQuery("CREATE", cancel, in.NodeId, name, func(ctx context.Context, q *queryFiles) error {
		f, err := q.create(name, iofs.FileMode(in.Mode&0o777))
		if errors.Is(err, iofs.ErrExist) && in.Flags&unix.O_EXCL == 0 {
			if f, err = q.open(name, in.Flags&unix.O_TRUNC != 0); err == nil {
				return r.enter(ctx, in.NodeId, name, f, &out.EntryOut)
			}
		}
		if err != nil {
			return err
		}
		return r.enter(ctx, in.NodeId, name, f, &out.EntryOut)
	})
}

// Mknod makes an empty regular file.
func (r *raw) Mknod(cancel <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	return r.inQuery("MKNOD", cancel, in.NodeId, name, func(ctx context.Context, q *queryFiles) error {
		if in.Mode&unix.S_IFMT != unix.S_IFREG {
			return iofs.ErrPermission
		}
		f, err := q.create(name, iofs.FileMode(in.Mode&0o777))
		if err != nil {
			return err
		}
		return r.enter(ctx, in.NodeId, name, f, out)
	})
}

// noFile refuses to make anything but files: only those can be queries.
func (r *raw) noFile(op string, cancel <-chan struct{}, id uint64, name string) fuse.Status {
	return r.inQuery(op, cancel, id, name, func(context.Context, *queryFiles) error { return iofs.ErrPermission })
}

// Mkdir is refused everywhere.
func (r *raw) Mkdir(cancel <-chan struct{}, in *fuse.MkdirIn, name string, _ *fuse.EntryOut) fuse.Status {
	return r.noFile("MKDIR", cancel, in.NodeId, name)
}

// Symlink is refused everywhere.
func (r *raw) Symlink(cancel <-chan struct{}, in *fuse.InHeader, _, name string, _ *fuse.EntryOut) fuse.Status {
	return r.noFile("SYMLINK", cancel, in.NodeId, name)
}

// Link is refused everywhere.
func (r *raw) Link(cancel <-chan struct{}, in *fuse.LinkIn, name string, _ *fuse.EntryOut) fuse.Status {
	return r.noFile("LINK", cancel, in.NodeId, name)
}

// Rmdir is refused everywhere.
func (r *raw) Rmdir(cancel <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return r.noFile("RMDIR", cancel, in.NodeId, name)
}

// Unlink removes a query file.
func (r *raw) Unlink(cancel <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return r.inQuery("UNLINK", cancel, in.NodeId, name, func(_ context.Context, q *queryFiles) error {
		return q.remove(name)
	})
}

// Flags of renameat2(2).
const (
	renameNoReplace = 1
	renameExchange  = 2
)

// errOtherDir is why a file cannot be moved to another directory; mv copies it then.
var errOtherDir = errors.New("query files stay in their directory")

// Rename gives a query file another name in its directory.
func (r *raw) Rename(cancel <-chan struct{}, in *fuse.RenameIn, old, name string) fuse.Status {
	return r.inQuery("RENAME", cancel, in.NodeId, name, func(_ context.Context, q *queryFiles) error {
		if in.Newdir != in.NodeId {
			return errOtherDir
		}
		if in.Flags&renameExchange != 0 {
			return q.exchange(old, name)
		}
		return q.rename(old, name, in.Flags&renameNoReplace != 0)
	})
}

// onFile runs a change of a query file; of anything else it is ErrReadOnly.
func (r *raw) onFile(op string, cancel <-chan struct{}, id uint64, do func(context.Context, *queryFile) error) fuse.Status {
	return r.serve(op, cancel, id, "", func(ctx context.Context, n Node) error {
		if f, ok := n.(*queryFile); ok {
			return do(ctx, f)
		}
		return ErrReadOnly
	})
}

// SetAttr cuts a query file or sets its time and permissions. Owners cannot be
// changed; that is no error, since programs that copy files try it always.
func (r *raw) SetAttr(cancel <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	return r.onFile("SETATTR", cancel, in.NodeId, func(ctx context.Context, f *queryFile) error {
		if size, ok := in.GetSize(); ok {
			if err := f.truncate(int64(size)); err != nil {
				return err
			}
		}
		if at, ok := in.GetMTime(); ok {
			f.setTime(at)
		}
		if mode, ok := in.GetMode(); ok {
			f.setPerm(iofs.FileMode(mode))
		}
		return r.getAttr(ctx, in.NodeId, f, out)
	})
}

// Write stores bytes in a query file.
func (r *raw) Write(cancel <-chan struct{}, in *fuse.WriteIn, data []byte) (n uint32, code fuse.Status) {
	code = r.onFile("WRITE", cancel, in.NodeId, func(_ context.Context, f *queryFile) error {
		n = uint32(len(data))
		return f.writeAt(data, int64(in.Offset))
	})
	return n, code
}
