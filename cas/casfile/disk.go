package casfile

import (
	"io"
	"io/fs"
	"os"
)

// disk is the part of a file system that the store uses. Tests put one that
// fails or loses power in its place.
type disk interface {
	// open takes the flags of os.OpenFile. What is open can be renamed.
	open(path string, flag int) (file, error)
	stat(path string) (fs.FileInfo, error)
	mkdir(path string) error
	rename(from, to string) error
	remove(path string) error
	// names lists a directory, sorted.
	names(dir string) ([]string, error)
	// syncDir makes the names in a directory durable.
	syncDir(path string) error
}

// file is an open file.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	// sync makes the content and the length durable.
	sync() error
	// mapped returns the first size bytes as memory, nil where that cannot be
	// had. It stays valid after Close, until unmap.
	mapped(size int) []byte
}

// osDisk is the real one.
type osDisk struct{}

type osFile struct{ *os.File }

func (osDisk) open(path string, flag int) (file, error) {
	f, err := openShared(path, flag)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osDisk) stat(path string) (fs.FileInfo, error) { return os.Stat(path) }
func (osDisk) mkdir(path string) error               { return os.MkdirAll(path, 0o777) }
func (osDisk) rename(from, to string) error          { return replace(from, to) }
func (osDisk) remove(path string) error              { return os.Remove(path) }
func (osDisk) syncDir(path string) error             { return syncDir(path) }

func (osDisk) names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

func (f osFile) sync() error            { return datasync(f.File) }
func (f osFile) mapped(size int) []byte { return mapFile(f.File, size) }
