// Package datahike reads databases that Datahike keeps in files, without a JVM, and turns them into databases of dhfs.
// FORMAT.md says how such a store is laid out. Nothing is ever written to one.
package datahike

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/fressian"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
)

// cachedNodes is how many nodes of trees are kept: some 50 MB of the widest.
const cachedNodes = 512

// cachedSchemas is how many schemas are kept: most commits share theirs.
const cachedSchemas = 16

// Store is a directory of a Datahike database. It is safe for many goroutines.
type Store struct {
	files Files
	name  string // for errors
	reads atomic.Int64

	nodes   *lru.Cache[uuid.UUID, *node]
	schemas *lru.Cache[uuid.UUID, *Schema]
}

// Open opens the directory at path; the error wraps cas.ErrNotFound where there is no store.
func Open(path string) (*Store, error) {
	s := New(os.DirFS(path), path)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("datahike:%s: %w", path, cas.ErrNotFound)
	}
	return s, s.exists()
}

// exists is an error where there are no branches.
func (s *Store) exists() error {
	name, err := FileName(fressian.Keyword("branches"))
	if err != nil {
		return err
	}
	if d, ok := s.files.(directory); ok {
		_, err = fs.Stat(d.FS, name)
	} else {
		_, err = s.files.ReadFile(context.Background(), name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no :branches: %w", s.name, cas.ErrNotFound)
	}
	return err
}

// OpenIn opens the store whose values lie in files, as name calls it; the error wraps cas.ErrNotFound where there is no store.
func OpenIn(files Files, name string) (*Store, error) {
	s := newStore(files, name)
	return s, s.exists()
}

func newStore(files Files, name string) *Store {
	nodes, _ := lru.New[uuid.UUID, *node](cachedNodes)
	schemas, _ := lru.New[uuid.UUID, *Schema](cachedSchemas)
	return &Store{files: files, name: name, nodes: nodes, schemas: schemas}
}

// New is the store that lies in files, as name calls it.
func New(files fs.FS, name string) *Store {
	return newStore(directory{files}, name)
}

// Reads is how many files were read.
func (s *Store) Reads() int64 { return s.reads.Load() }

// FileName is the file that holds what a key names.
func FileName(key any) (string, error) {
	id, err := contentID(key)
	return id.String() + ".ksv", err
}

// get reads what a key names. The error wraps cas.ErrNotFound where it names nothing, and names the file.
func (s *Store) get(ctx context.Context, key any) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, err := FileName(key)
	if err != nil {
		return nil, err
	}
	data, err := s.read(ctx, name)
	engine.CountRead(ctx, len(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no %s: %w", s.name, show(key), cas.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(s.name, name), err)
	}
	stored, value, err := decodeFile(data)
	if err == nil && compareValues(stored, key) != 0 {
		err = fmt.Errorf("it says that it is %s instead of %s", show(stored), show(key))
	}
	if err != nil {
		return nil, s.fault(name, err)
	}
	return value, nil
}

func (s *Store) read(ctx context.Context, name string) ([]byte, error) {
	data, err := s.files.ReadFile(ctx, name)
	if !errors.Is(err, fs.ErrNotExist) {
		s.reads.Add(1)
	}
	return data, err
}

// fault is what is wrong with a file: it is a *cas.CorruptError, unless the file is of a kind that is not read.
func (s *Store) fault(name string, err error) error {
	var unsupported *UnsupportedError
	path := filepath.Join(s.name, name)
	if errors.As(err, &unsupported) {
		return fmt.Errorf("%s: %w", path, err)
	}
	return &cas.CorruptError{Path: path, Reason: err.Error()}
}

// damaged is a fault of what lies under a key.
func (s *Store) damaged(key any, format string, args ...any) error {
	name, _ := FileName(key)
	return s.fault(name, fmt.Errorf(format, args...))
}

// show is a key for people.
func show(key any) string {
	switch k := key.(type) {
	case fressian.UUID:
		return uuid.UUID(k).String()
	case fressian.Keyword:
		return ":" + string(k)
	}
	return fmt.Sprintf("%T", key)
}
