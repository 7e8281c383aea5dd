package cascache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// trimAfter is after what part of the limit was written the size of all is looked at again.
	trimAfter = 16
	// trimTo is how many hundredths of the limit are left then.
	trimTo = 90
	// pageBytes is what files take a multiple of.
	pageBytes = 4096
	// abandoned is after which time nobody writes a temporary file any more.
	abandoned = time.Hour
)

func onDisk(bytes int64) int64 { return (bytes + pageBytes - 1) / pageBytes * pageBytes }

// file is one of the cache.
type file struct {
	path  string
	bytes int64
	at    time.Time // of its last use, to the hour
}

// Trim removes the files that were not used for the longest time, where all together are over the limit. Several processes may do so at once.
func (c *Cache) Trim() error {
	files, err := c.files()
	if err != nil {
		return err
	}
	total := int64(0)
	for _, f := range files {
		total += f.bytes
	}
	if total <= c.limit {
		return nil
	}
	slices.SortFunc(files, func(a, b file) int { return a.at.Compare(b.at) })
	for _, f := range files {
		if total <= c.limit/100*trimTo {
			break
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cache: %w", err)
		}
		total -= f.bytes
	}
	return nil
}

// files lists the blocks, and removes what was never finished.
func (c *Cache) files() (files []file, err error) {
	err = filepath.WalkDir(filepath.Join(c.dir, blocksDir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignoreGone(err)
		}
		if strings.HasPrefix(d.Name(), temporary) {
			if time.Since(info.ModTime()) > abandoned {
				return ignoreGone(os.Remove(path))
			}
			return nil
		}
		files = append(files, file{path, onDisk(info.Size()), info.ModTime()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	return files, nil
}

// ignoreGone is err, unless it says that another process removed a file meanwhile.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Size is how many blocks there are, and how many bytes they take.
func (c *Cache) Size() (blocks int, bytes int64, err error) {
	files, err := c.files()
	for _, f := range files {
		bytes += f.bytes
	}
	return len(files), bytes, err
}

// Clear removes everything.
func (c *Cache) Clear() error {
	for _, d := range []string{blocksDir, refsDir} {
		if err := os.RemoveAll(filepath.Join(c.dir, d)); err != nil {
			return fmt.Errorf("cache: %w", err)
		}
		if err := os.MkdirAll(filepath.Join(c.dir, d), 0o700); err != nil {
			return fmt.Errorf("cache: %w", err)
		}
	}
	return nil
}
