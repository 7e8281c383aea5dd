// Package cascache keeps blocks of stores that are far away in a directory. A block never changes, so what is there is
// never stale: any number of processes and stores share the directory, and whoever finds a block damaged fetches it again.
package cascache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// DefaultLimit is how many bytes a cache takes where nobody says.
const DefaultLimit = 2 << 30

// Cache is a directory of blocks: a file each, named by its CID, in one of about a thousand directories.
type Cache struct {
	dir   string
	limit int64
	fresh atomic.Int64 // bytes written since the last look at the size of all
}

// Open makes dir a cache of at most limit bytes, about; 0 is DefaultLimit.
func Open(dir string, limit int64) (*Cache, error) {
	if limit == 0 {
		limit = DefaultLimit
	}
	for _, d := range []string{blocksDir, refsDir} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, fmt.Errorf("cache: %w", err)
		}
	}
	return &Cache{dir: dir, limit: limit}, nil
}

const (
	blocksDir = "blocks"
	refsDir   = "refs"
)

// path is where a block is: the last letters of a CID are those of its digest.
func (c *Cache) path(id cid.Cid) string {
	name := id.String()
	return filepath.Join(c.dir, blocksDir, name[len(name)-2:], name)
}

// used is how old the time of a file may be that was used just now. The times say what can go first.
const used = time.Hour

// get returns a block that is there and sound, and what was put with it. A damaged one is removed.
func (c *Cache) get(ctx context.Context, id cid.Cid) (b cas.Block, hints []byte, ok bool) {
	if !id.Defined() {
		return cas.Block{}, nil, false
	}
	path := c.path(id)
	data, err := os.ReadFile(path)
	if err != nil {
		return cas.Block{}, nil, false
	}
	b, hints, err = split(id, data)
	if err != nil {
		_ = os.Remove(path)
		return cas.Block{}, nil, false
	}
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > used {
		now := time.Now()
		_ = os.Chtimes(path, now, now)
	}
	cas.Cached(ctx)
	return b, hints, true
}

// put keeps a block with its hints, if there is room for it. That it cannot is no reason to fail for who reads.
func (c *Cache) put(b cas.Block, hints []byte) {
	path := c.path(b.CID())
	data := slices.Concat(b.Data(), hints)
	err := write(path, data)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(filepath.Dir(path), 0o700); err == nil || errors.Is(err, fs.ErrExist) {
			err = write(path, data)
		}
	}
	if err == nil && c.fresh.Add(onDisk(int64(len(data)))) > c.limit/trimAfter {
		c.fresh.Store(0)
		_ = c.Trim()
	}
}

// write makes a file that is whole or not there.
func write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), temporary+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// temporary begins the names of files that are being written.
const temporary = ".new-"
