//go:build linux || darwin

package fs

import (
	"context"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// None of this is reached without MountOptions.XAttrs: the kernel is told then
// that there are no extended attributes, and stops asking for them. With them
// an ls -l asks for each file anew, since it keeps no answer.

// withXattrs runs a request on the extended attributes of a node.
func (r *raw) withXattrs(op string, cancel <-chan struct{}, in *fuse.InHeader, do func([]xattr) fuse.Status) fuse.Status {
	var code fuse.Status
	failed := r.serve(op, cancel, in.NodeId, "", func(ctx context.Context, n Node) error {
		var all []xattr
		if t, ok := n.(tagged); ok {
			var err error
			if all, err = t.xattrs(ctx); err != nil {
				return err
			}
		}
		code = do(all)
		return nil
	})
	if failed != fuse.OK {
		return failed
	}
	return code
}

// into copies an answer to dest, or only tells its size when there is no room for it.
func into(dest, answer []byte) (uint32, fuse.Status) {
	if len(dest) < len(answer) {
		return uint32(len(answer)), fuse.ERANGE
	}
	return uint32(copy(dest, answer)), fuse.OK
}

// GetXAttr reads an extended attribute.
func (r *raw) GetXAttr(cancel <-chan struct{}, in *fuse.InHeader, name string, dest []byte) (size uint32, code fuse.Status) {
	code = r.withXattrs("GETXATTR", cancel, in, func(all []xattr) (found fuse.Status) {
		for _, x := range all {
			if x.name == name {
				size, found = into(dest, []byte(x.value))
				return found
			}
		}
		return fuse.ENOATTR
	})
	return size, code
}

// ListXAttr lists the names of the extended attributes, each with a zero byte after it.
func (r *raw) ListXAttr(cancel <-chan struct{}, in *fuse.InHeader, dest []byte) (size uint32, code fuse.Status) {
	code = r.withXattrs("LISTXATTR", cancel, in, func(all []xattr) (found fuse.Status) {
		var names []byte
		for _, x := range all {
			names = append(append(names, x.name...), 0)
		}
		size, found = into(dest, names)
		return found
	})
	return size, code
}

// SetXAttr is refused. Query files have none, as on file systems without
// extended attributes, which programs that copy files put up with.
func (r *raw) SetXAttr(cancel <-chan struct{}, in *fuse.SetXAttrIn, _ string, _ []byte) fuse.Status {
	return r.noXattr("SETXATTR", cancel, &in.InHeader)
}

// RemoveXAttr is refused as SetXAttr is.
func (r *raw) RemoveXAttr(cancel <-chan struct{}, in *fuse.InHeader, _ string) fuse.Status {
	return r.noXattr("REMOVEXATTR", cancel, in)
}

func (r *raw) noXattr(op string, cancel <-chan struct{}, in *fuse.InHeader) fuse.Status {
	code := r.onFile(op, cancel, in.NodeId, func(context.Context, *queryFile) error { return nil })
	if code != fuse.OK {
		return code
	}
	return fuse.Status(unix.ENOTSUP)
}
