package fs

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// queryStore keeps the queries of one query directory in a directory of the
// machine, so that the next mount has them. It follows a little behind: a
// program writes a query in many steps, and none but the last is worth keeping.
// Trees that share a directory each store what was written through them.
type queryStore struct {
	files  *queryFiles
	dir    string
	errors *errorLog

	mu      sync.Mutex
	changed map[string]bool // names that are not stored as they are
	timer   *time.Timer

	storing sync.Mutex // one at a time, so that an older content never comes last
}

// storeDelay is how long a change waits for the next.
const storeDelay = 100 * time.Millisecond

// keepIn reads what dir holds and stores there what is written from now on;
// with "" nothing is kept.
func (q *queryFiles) keepIn(dir string, log *errorLog) {
	if dir == "" {
		return
	}
	s := &queryStore{files: q, dir: dir, errors: log, changed: map[string]bool{}}
	if err := s.load(); err != nil {
		s.complain(err)
	}
	q.kept = s
}

// stored tells whether files of that name are kept: queries, and not what
// editors and rsync write beside them.
func stored(name string) bool {
	return strings.HasSuffix(name, ".dl") && !strings.ContainsAny(name[:1], ".#~") && checkQueryName(name) == nil
}

// load reads the directory. What is no query there is left alone, and what
// cannot be read is no reason not to have the rest.
func (s *queryStore) load() error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil
	}
	var errs []error
	for _, e := range entries {
		if e.Type().IsRegular() && stored(e.Name()) {
			errs = append(errs, s.loadFile(e))
		}
	}
	return errors.Join(append(errs, err)...)
}

func (s *queryStore) loadFile(e os.DirEntry) error {
	info, err := e.Info()
	if err != nil {
		return err
	}
	if info.Size() > maxQueryBytes {
		return fmt.Errorf("%s: %w", e.Name(), ErrNoSpace)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
	if err != nil {
		return err
	}
	f, err := s.files.create(e.Name(), info.Mode())
	if err == nil {
		err = f.writeAt(data, 0)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.Name(), err)
	}
	f.setTime(info.ModTime())
	return nil
}

// note marks a name as changed; files.mu is held.
func (s *queryStore) note(name string) {
	if s == nil || !stored(name) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed[name] = true
	if s.timer == nil {
		s.timer = time.AfterFunc(storeDelay, func() {
			if err := s.sync(); err != nil {
				s.complain(err)
			}
		})
		return
	}
	s.timer.Reset(storeDelay)
}

// sync stores what has changed. A name that could not be stored is tried again
// with the next change.
func (q *queryFiles) sync() error {
	if q.kept == nil {
		return nil
	}
	return q.kept.sync()
}

func (s *queryStore) sync() error {
	s.storing.Lock()
	defer s.storing.Unlock()
	s.mu.Lock()
	names := s.changed
	s.changed = map[string]bool{}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	err := s.storeAll(names)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for name := range names {
			s.changed[name] = true
		}
	}
	return err
}

func (s *queryStore) storeAll(names map[string]bool) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	for name := range names {
		if err := s.store(name); err != nil {
			return err
		}
	}
	return syncDir(s.dir)
}

// store makes the file of that name in the directory what it is in the tree.
func (s *queryStore) store(name string) error {
	path := filepath.Join(s.dir, name)
	f, ok := s.files.copyOf(name)
	if !ok {
		if err := os.Remove(path); !errors.Is(err, iofs.ErrNotExist) {
			return err
		}
		return nil
	}
	tmp, err := os.CreateTemp(s.dir, ".new-*")
	if err != nil {
		return err
	}
	err = writeOut(tmp, f)
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

// writeOut writes a file, its mode and its time, and closes it when all that is on the disk.
func writeOut(to *os.File, f queryFile) error {
	_, err := to.Write(f.data)
	if err == nil {
		err = to.Chmod(f.perm | 0o600) // what its owner cannot read is lost
	}
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close(), os.Chtimes(to.Name(), f.mtime, f.mtime))
}

// syncDir makes names durable, where the system can do that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, iofs.ErrInvalid) && !errors.Is(err, iofs.ErrPermission) {
		return err
	}
	return nil
}

// copyOf is the file of that name as it is now.
func (q *queryFiles) copyOf(name string) (queryFile, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, ok := q.files[name]
	if !ok {
		return queryFile{}, false
	}
	return queryFile{data: f.data, mtime: f.mtime, perm: f.perm}, true
}

func (s *queryStore) complain(err error) {
	s.errors.add("query", err.Error(), "queries are kept in "+s.dir)
}
