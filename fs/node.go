// Package fs shows databases as files.
//
// A Tree is the view: directories, files and links computed from commits, with
// no kernel in it. It is an io/fs file system, and Mount hands the same nodes
// to the kernel. Everything below a commit is a function of that commit and a
// path, so it never changes; the few names that move say so in their Stat.
package fs

import (
	"context"
	"errors"
	iofs "io/fs"
	"iter"
	"time"
)

// Modes of what the tree shows. Nothing below a commit can be written.
const (
	fileMode = iofs.FileMode(0o444)
	dirMode  = iofs.ModeDir | 0o555
	linkMode = iofs.ModeSymlink | 0o777
)

// ErrReadOnly says that a write went to something other than a query directory.
var ErrReadOnly = errors.New("read-only: only query/ can be written")

// ErrNoSpace says that a query directory is full: 1,000 files or 16 MiB.
var ErrNoSpace = errors.New("query directory is full: at most 1,000 files and 16 MiB")

// errNotDir and errIsDir are what a path meets that takes a file for a
// directory, or a directory for a file.
var (
	errNotDir = errors.New("not a directory")
	errIsDir  = errors.New("is a directory")
	errLoop   = errors.New("too many symbolic links")
)

// Stat is what the tree tells of a node without reading it.
type Stat struct {
	Mode  iofs.FileMode // type and permissions: 0444, ModeDir|0555, ModeSymlink|0777
	Size  int64         // exact, in bytes
	MTime time.Time     // the transaction time of what the node shows
	// Ino is the content inode: nodes with equal Ino have equal content, time,
	// mode and size. 0 means that the node has none.
	Ino uint64
	// Moves tells that the name may show something else at the next look-up.
	Moves bool
}

// Node is a directory, file or link. It also is a Dir, a File or a Link, as its mode says.
type Node interface {
	Stat(ctx context.Context) (Stat, error)
}

// Dir is a directory. Names that it lists can be looked up; the converse need not hold.
type Dir interface {
	Node
	// Lookup finds a name; the error wraps io/fs.ErrNotExist when there is no such name.
	Lookup(ctx context.Context, name string) (Node, error)
	// List yields the entries from an offset on, in an order that is the same
	// every time for the same content. The first entry is at offset 0, and each
	// tells the offset of the next.
	List(ctx context.Context, from uint64) iter.Seq2[Entry, error]
}

// Entry is one line of a listing.
type Entry struct {
	Name string
	Mode iofs.FileMode // type bits only
	Node Node          // nil where making it would cost more than a listing should
	// Next is the offset of the next entry where it is not one more than the
	// offset of this: lists of values count the datoms that they pass.
	Next uint64
}

// File is a regular file.
type File interface {
	Node
	// Read returns the whole content, Size bytes. It must not be modified.
	Read(ctx context.Context) ([]byte, error)
}

// Parted is a File of which parts can be read without making the whole: it may be larger than memory.
type Parted interface {
	File
	// ReadPart returns up to n bytes from an offset on, fewer only at the end. They must not be modified.
	ReadPart(ctx context.Context, from int64, n int) ([]byte, error)
}

// Link is a symbolic link.
type Link interface {
	Node
	// Target is a path relative to the directory that holds the link.
	Target() string
}
