//go:build linux || darwin

package fs

import (
	"context"
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// opened are files of remote stores that programs have open. Their content is
// fetched when they are opened and stays until they are closed: a program that
// waits in open can be interrupted, one that waits for a page of the page cache
// only killed, and the kernel tells nobody.
type opened struct {
	mu   sync.Mutex
	last uint64
	data map[uint64][]byte // by handle
}

// newOpened is nil where no store is remote: there the kernel need not ask
// before it opens.
func newOpened(t *Tree) *opened {
	for _, d := range t.dbs {
		if d.remote {
			return &opened{data: map[uint64][]byte{}}
		}
	}
	return nil
}

func (o *opened) add(data []byte) (handle uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	o.data[o.last] = data
	return o.last
}

// get is the content of an open file; false when it is to be made anew.
func (o *opened) get(handle uint64) ([]byte, bool) {
	if o == nil || handle == 0 {
		return nil, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	data, ok := o.data[handle]
	return data, ok
}

func (o *opened) drop(handle uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.data, handle)
}

// Open fetches the content of a file of a remote store. Else it is needed by no
// file, since there is no state between requests: ENOSYS makes Linux open
// without asking and keep the page cache, for the whole mount.
func (r *raw) Open(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	if r.opened == nil {
		r.count("OPEN")
		return openStatus
	}
	return r.serve("OPEN", cancel, in.NodeId, "", func(ctx context.Context, n Node) error {
		f, ok := n.(File)
		if !ok {
			return errIsDir
		}
		if _, ok := n.(*queryFile); ok {
			return nil
		}
		if in.Flags&unix.O_ACCMODE != unix.O_RDONLY {
			return ErrReadOnly
		}
		return r.fetch(ctx, f, out)
	})
}

func (r *raw) fetch(ctx context.Context, f File, out *fuse.OpenOut) error {
	if _, ok := f.(Parted); ok { // it may not fit into memory; without the page cache its readers can be interrupted
		out.OpenFlags = fuse.FOPEN_DIRECT_IO
		return nil
	}
	data, err := f.Read(ctx)
	if err != nil {
		return err
	}
	s, err := f.Stat(ctx)
	if err != nil {
		return err
	}
	if s.Moves { // what it shows may change while it is open
		out.OpenFlags = fuse.FOPEN_DIRECT_IO
		return nil
	}
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	out.Fh = r.opened.add(data)
	return nil
}

// Release lets go of what Open fetched.
func (r *raw) Release(_ <-chan struct{}, in *fuse.ReleaseIn) {
	if r.opened != nil {
		r.opened.drop(in.Fh)
	}
}
