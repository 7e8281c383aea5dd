package casfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dhfs/dhfs/cas"
)

// formatName and formatLine make up the file "format".
const (
	formatName = "dhfs file store "
	version    = "1"
	formatLine = formatName + version + "\n"
)

// VersionError says that a store has a format that this version of dhfs does
// not know.
type VersionError struct {
	Path  string // of the store
	Found string // version, as the store says
	Known string // version that can be opened
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s is a file store of format %s, and this dhfs knows format %s: use the dhfs that made it, "+
		"or clone it with that one into a new store", e.Path, e.Found, e.Known)
}

// checkFormat reads the file that makes a directory a store.
func checkFormat(d disk, dir string) error {
	path := filepath.Join(dir, "format")
	f, err := d.open(path, os.O_RDONLY)
	if err != nil {
		return notStore(d, dir, err)
	}
	defer f.Close()
	var buf [128]byte
	n, err := f.ReadAt(buf[:], 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("open file store %s: %w", dir, err)
	}
	line := string(buf[:n])
	if line == formatLine {
		return nil
	}
	found, ok := strings.CutPrefix(line, formatName)
	found, whole := strings.CutSuffix(found, "\n")
	if !ok || !whole || found == version || strings.ContainsAny(found, "\n\x00") {
		return &cas.CorruptError{Path: path, Reason: fmt.Sprintf("it does not read %q", formatLine)}
	}
	return &VersionError{Path: dir, Found: found, Known: version}
}

// notStore explains why the file "format" in dir cannot be opened.
func notStore(d disk, dir string, err error) error {
	info, serr := d.stat(dir)
	switch {
	case errors.Is(serr, fs.ErrNotExist) || errors.Is(serr, syscall.ENOTDIR):
		return fmt.Errorf("file store %s: %w: there is no such directory", dir, cas.ErrNotFound)
	case serr == nil && !info.IsDir():
		return fmt.Errorf("file store %s: %w: it is not a directory", dir, cas.ErrNotFound)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("file store %s: %w: the file %q is missing, so there is no store in it", dir, cas.ErrNotFound, "format")
	}
	return fmt.Errorf("open file store %s: %w", dir, err)
}

// Create makes an empty store in dir, which is made too if need be, and opens
// it. The error wraps fs.ErrExist when a store or anything else is there already.
func Create(ctx context.Context, dir string, o Options) (*Store, error) {
	return create(ctx, dir, o, osDisk{})
}

func create(ctx context.Context, dir string, o Options, d disk) (*Store, error) {
	if o.ReadOnly {
		return nil, fmt.Errorf("create file store %s for reading only: %w", dir, fs.ErrInvalid)
	}
	if err := lay(ctx, dir, newIdentity(1), d); err != nil {
		return nil, fmt.Errorf("create file store %s: %w", dir, err)
	}
	return open(ctx, dir, o, d)
}

// lay makes the files of an empty store, "format" last: before that it is none.
func lay(ctx context.Context, dir string, first identity, d disk) error {
	if err := checkFree(dir); err != nil {
		return err
	}
	if err := d.mkdir(filepath.Join(dir, "packs")); err != nil {
		return err
	}
	l := lock{path: filepath.Join(dir, "lock")}
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.close()
	if err := checkFree(dir); err != nil { // somebody else may have been quicker
		return err
	}
	if err := l.note([]byte{appendIdle}); err != nil {
		return err
	}
	var s Store // counts what is written, for nobody
	s.disk = d
	if err := s.writeFile(filepath.Join(dir, "journal"), first.head(mark{})); err != nil {
		return err
	}
	if err := d.syncDir(dir); err != nil {
		return err
	}
	if err := s.writeFile(filepath.Join(dir, "format"), []byte(formatLine)); err != nil {
		return err
	}
	if err := d.syncDir(dir); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(filepath.Clean(dir)))
}

// checkFree refuses a directory with anything in it but what a Create that was
// cut off leaves behind.
func checkFree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); name {
		case "lock", "packs", "format.new", "journal.new":
		case "format":
			return fmt.Errorf("%w: there is a store in it already", fs.ErrExist)
		case "journal":
			if info, err := e.Info(); err != nil || info.Size() > fileHead {
				return fmt.Errorf("%w: there is a store in it, but its file %q is missing", fs.ErrExist, "format")
			}
		default:
			return fmt.Errorf("%w: %s is in it; take an empty directory", fs.ErrExist, name)
		}
	}
	packs, err := os.ReadDir(filepath.Join(dir, "packs"))
	if err == nil && len(packs) > 0 {
		return fmt.Errorf("%w: there are packs in it, but its file %q is missing", fs.ErrExist, "format")
	}
	return nil
}
