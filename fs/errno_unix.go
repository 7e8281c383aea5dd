//go:build linux || darwin

package fs

import (
	"context"
	"errors"
	iofs "io/fs"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// errnos are the answers; the first match counts. Whatever is not an answer is
// EIO: a missing or damaged block must never look like a missing file.
var errnos = []struct {
	err   error
	errno unix.Errno
}{
	{iofs.ErrNotExist, unix.ENOENT},
	{ErrReadOnly, unix.EROFS},
	{ErrNoSpace, unix.ENOSPC},
	{iofs.ErrExist, unix.EEXIST},
	{iofs.ErrPermission, unix.EPERM},
	{iofs.ErrInvalid, unix.EINVAL},
	{errNotDir, unix.ENOTDIR},
	{errIsDir, unix.EISDIR},
	{errLoop, unix.ELOOP},
	{errOtherDir, unix.EXDEV},
	{context.Canceled, unix.EINTR},
	{context.DeadlineExceeded, unix.ETIMEDOUT},
}

// status is the only way from an error to what the kernel is told.
func status(err error) fuse.Status {
	if err == nil {
		return fuse.OK
	}
	for _, e := range errnos {
		if errors.Is(err, e.err) {
			return fuse.Status(e.errno)
		}
	}
	return fuse.EIO
}
