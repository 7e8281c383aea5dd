package fs

import "github.com/hanwen/go-fuse/v2/fuse"

// openStatus is the answer to OPEN and OPENDIR: macFUSE has no way to do without them.
const openStatus = fuse.OK
