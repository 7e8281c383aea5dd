//go:build linux || darwin

package fs

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"math"
	"os"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// forever is the time for which the kernel may keep what never changes.
const forever = 365 * 24 * time.Hour

// maxNameLen is the longest name that can be looked up.
const maxNameLen = 255

// raw answers the kernel's requests from a tree. Whatever it does not define
// is answered with ENOSYS, which makes the kernel stop asking.
type raw struct {
	fuse.RawFileSystem
	tree    *Tree
	nodes   *nodes
	walks   walks
	ahead   ahead
	comings *comings
	opened  *opened
	owner   fuse.Owner
	count   func(op string)
}

func newRaw(t *Tree, o MountOptions) *raw {
	r := &raw{
		RawFileSystem: fuse.NewDefaultRawFileSystem(),
		tree:          t,
		nodes:         newNodes(t.Root()),
		comings:       newComings(),
		opened:        newOpened(t),
		owner:         fuse.Owner{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())},
		count:         o.Requests,
	}
	if r.count == nil {
		r.count = func(string) {}
	}
	return r
}

func (r *raw) String() string { return Subtype }

// serve runs one request on the node numbered id, and notes damage to the store.
func (r *raw) serve(op string, cancel <-chan struct{}, id uint64, name string, do func(context.Context, Node) error) fuse.Status {
	r.count(op)
	ctx := newRequest(cancel)
	defer ctx.finish()
	n, err := r.nodes.get(ctx, id)
	if err == nil {
		err = do(ctx, n)
	}
	if err != nil && damaged(err) {
		r.tree.errors.note(r.nodes.path(ctx, id, name), err)
	}
	return status(err)
}

// inDir is serve for requests that need a directory.
func (r *raw) inDir(op string, cancel <-chan struct{}, id uint64, name string, do func(context.Context, Dir) error) fuse.Status {
	return r.serve(op, cancel, id, name, func(ctx context.Context, n Node) error {
		if d, ok := n.(Dir); ok {
			return do(ctx, d)
		}
		return errNotDir
	})
}

func (r *raw) Lookup(cancel <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	if len(name) > maxNameLen {
		return fuse.Status(unix.ENAMETOOLONG)
	}
	return r.inDir("LOOKUP", cancel, in.NodeId, name, func(ctx context.Context, d Dir) error {
		believed := r.believe(d, in.Pid, linkKey{in.NodeId, name})
		n, err := d.Lookup(ctx, name)
		if errors.Is(err, iofs.ErrNotExist) && fixed(ctx, d) {
			out.SetEntryTimeout(forever) // node 0: the kernel remembers that there is none
			return nil
		}
		if err != nil {
			return err
		}
		if _, ok := n.(*attrFile); ok {
			r.ahead.lookedUp()
		}
		if err := r.enter(ctx, in.NodeId, name, n, out); err != nil {
			return err
		}
		if _, ok := n.(Link); ok && out.EntryTimeout() == 0 {
			out.SetEntryTimeout(believed())
		}
		return nil
	})
}

// fixed tells whether a directory never gets another name.
func fixed(ctx context.Context, d Dir) bool {
	s, err := d.Stat(ctx)
	return err == nil && !s.Moves
}

// enter gives the kernel a number for n, found as name in parent.
func (r *raw) enter(ctx context.Context, parent uint64, name string, n Node, out *fuse.EntryOut) error {
	s, err := n.Stat(ctx)
	if err != nil {
		return err
	}
	r.entry(keyOf(parent, name, n, s), n, s, out)
	return nil
}

func (r *raw) entry(key nodeKey, n Node, s Stat, out *fuse.EntryOut) {
	out.NodeId = r.nodes.bind(key, n)
	r.attr(out.NodeId, n, s, &out.Attr)
	switch _, isLink := n.(Link); {
	case !s.Moves:
		out.SetEntryTimeout(forever)
		out.SetAttrTimeout(forever)
	case s.Mode.IsDir():
		out.SetEntryTimeout(forever) // what is in it moves, not the directory
	case isLink:
		out.SetAttrTimeout(forever) // another target is another node
	}
}

// attr is what stat shows. Files that a commit shows have two links, so that
// programs that look for hard links find equal files and keep them once.
func (r *raw) attr(id uint64, n Node, s Stat, out *fuse.Attr) {
	out.Ino, out.Nlink = id, 1
	if r.showsContent(s) {
		out.Ino = s.Ino
		if s.Mode.IsRegular() && !s.Moves {
			out.Nlink = 2
		}
	}
	out.Size = uint64(s.Size)
	out.Blocks = (out.Size + 511) / 512
	out.Blksize = 4096
	out.Mode = unixMode(s.Mode)
	out.Owner = r.owner
	out.SetTimes(&s.MTime, &s.MTime, &s.MTime)
}

// showsContent tells whether a node's inode number is its content inode.
func (r *raw) showsContent(s Stat) bool { return s.Ino != 0 && r.tree.opt.Inodes != "unique" }

func unixMode(m iofs.FileMode) uint32 {
	switch {
	case m.IsDir():
		return unix.S_IFDIR | uint32(m.Perm())
	case m&iofs.ModeSymlink != 0:
		return unix.S_IFLNK | uint32(m.Perm())
	}
	return unix.S_IFREG | uint32(m.Perm())
}

func (r *raw) Forget(id, n uint64) { r.nodes.forget(id, n) }

func (r *raw) GetAttr(cancel <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	return r.serve("GETATTR", cancel, in.NodeId, "", func(ctx context.Context, n Node) error {
		return r.getAttr(ctx, in.NodeId, n, out)
	})
}

func (r *raw) getAttr(ctx context.Context, id uint64, n Node, out *fuse.AttrOut) error {
	s, err := n.Stat(ctx)
	if err == nil && s.Moves && s.Mode.IsRegular() {
		r.nodes.follow(ctx, id)
		if n, err = r.nodes.get(ctx, id); err == nil {
			s, err = n.Stat(ctx)
		}
	}
	if err != nil {
		return err
	}
	r.attr(id, n, s, &out.Attr)
	if !s.Moves {
		out.SetTimeout(forever)
	}
	return nil
}

func (r *raw) Readlink(cancel <-chan struct{}, in *fuse.InHeader) (target []byte, code fuse.Status) {
	code = r.serve("READLINK", cancel, in.NodeId, "", func(_ context.Context, n Node) error {
		l, ok := n.(Link)
		if !ok {
			return iofs.ErrInvalid
		}
		target = []byte(l.Target())
		return nil
	})
	return target, code
}

func (r *raw) Read(cancel <-chan struct{}, in *fuse.ReadIn, _ []byte) (fuse.ReadResult, fuse.Status) {
	var part []byte
	code := r.serve("READ", cancel, in.NodeId, "", func(ctx context.Context, n Node) error {
		f, ok := n.(File)
		if !ok {
			return errIsDir
		}
		if _, ok := n.(*attrFile); ok {
			r.ahead.read()
		}
		data, ok := r.opened.get(in.Fh)
		var err error
		if p, parted := f.(Parted); parted && !ok {
			part, err = p.ReadPart(ctx, int64(min(in.Offset, math.MaxInt64)), int(in.Size))
			return err
		}
		if !ok {
			data, err = f.Read(ctx)
		}
		from := min(in.Offset, uint64(len(data)))
		part = data[from:min(from+uint64(in.Size), uint64(len(data)))]
		return err
	})
	if code != fuse.OK {
		return nil, code // with any data, go-fuse takes the failure for a short read: an empty file
	}
	return fuse.ReadResultData(part), code
}

// Access answers access(2): the tree can be read, and only query/ be written.
// It does not ask the store: entering a directory must not wait for it.
func (r *raw) Access(cancel <-chan struct{}, in *fuse.AccessIn) fuse.Status {
	return r.serve("ACCESS", cancel, in.NodeId, "", func(ctx context.Context, n Node) error {
		mode := fileMode
		switch n := n.(type) {
		case *queryDir:
			mode = dirMode | 0o200
		case Dir:
			mode = dirMode
		case *queryFile:
			s, err := n.Stat(ctx)
			if err != nil {
				return err
			}
			mode = s.Mode
		}
		switch {
		case in.Mask&unix.W_OK != 0 && mode&0o200 == 0:
			return ErrReadOnly
		case in.Mask&unix.X_OK != 0 && mode&0o100 == 0:
			return errNoExec
		}
		return nil
	})
}

// errNoExec is why no file of the tree can be run.
var errNoExec = fmt.Errorf("nothing here can be executed: %w", iofs.ErrPermission)

// StatFs never touches the store: it must not block.
func (r *raw) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	r.count("STATFS")
	const block = 4096
	*out = fuse.StatfsOut{Bsize: block, Frsize: block, NameLen: maxNameLen,
		Blocks: maxQueryBytes / block, Bfree: maxQueryBytes / block, Bavail: maxQueryBytes / block,
		Files: maxQueryFiles, Ffree: maxQueryFiles}
	return fuse.OK
}

// Fsync stores what is kept of a query directory. For all else there is nothing
// to do, and editors take any other answer for a failed write.
func (r *raw) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	n, err := r.nodes.get(context.Background(), in.NodeId)
	if f, ok := n.(*queryFile); ok && err == nil {
		err = f.in.sync()
	}
	return status(err)
}

// FsyncDir stores all queries that are kept.
func (r *raw) FsyncDir(<-chan struct{}, *fuse.FsyncIn) fuse.Status { return status(r.tree.Sync()) }

// Flush is not needed: nothing is evaluated or refused when a file is closed.
func (r *raw) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.ENOSYS }

// OpenDir has nothing to do: directories are listed by offset, and the kernel
// checks a listing that it kept by the directory's time.
func (r *raw) OpenDir(<-chan struct{}, *fuse.OpenIn, *fuse.OpenOut) fuse.Status {
	r.count("OPENDIR")
	return openStatus
}
