package datahike

import (
	"context"
	"fmt"
	"io"
	"io/fs"
)

// Files is where the values of a store lie, by names like those of files: in a directory, a bucket or a table. It is safe for many goroutines.
type Files interface {
	// ReadFile reads a file. The error wraps io/fs.ErrNotExist where there is none.
	ReadFile(ctx context.Context, name string) ([]byte, error)
	// Names are those of all files.
	Names(ctx context.Context) ([]string, error)
}

// directory is a directory of any file system.
type directory struct{ fs.FS }

// ReadFile implements Files.
func (d directory) ReadFile(_ context.Context, name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("more than %d MiB", maxFile>>20)
	}
	return data, err
}

// Names implements Files.
func (d directory) Names(context.Context) (names []string, err error) {
	entries, err := fs.ReadDir(d.FS, ".")
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}
