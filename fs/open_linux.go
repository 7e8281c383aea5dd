package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// openStatus is the answer to OPEN and OPENDIR.
const openStatus = fuse.ENOSYS
