package fs

import (
	"context"
	"fmt"
	iofs "io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What one query directory may hold.
const (
	maxQueryFiles = 1000
	maxQueryBytes = 16 << 20
)

// queryFiles are the files that were written into one query directory. They
// are ordinary files in memory, whatever they are called: editors write,
// rename and remove many names before a query is whole.
type queryFiles struct {
	now func() time.Time

	mu      sync.Mutex
	files   map[string]*queryFile
	bytes   int64
	changed time.Time // when a name last appeared or went
	kept    *queryStore
}

func newQueryFiles(now func() time.Time) *queryFiles {
	return &queryFiles{now: now, files: map[string]*queryFile{}}
}

// lastSerial numbers the files of all query directories, so that each has an
// inode number of its own.
var lastSerial atomic.Uint64

// queryFile is one file that can be written. It lives on while it is open,
// also when its name is gone.
type queryFile struct {
	in     *queryFiles
	serial uint64

	// The rest is guarded by in.mu.
	name   string // while linked
	data   []byte // bytes up to its length are never changed in place, so that readers may keep them
	mtime  time.Time
	perm   iofs.FileMode
	linked bool
}

func (q *queryFiles) get(name string) (*queryFile, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, ok := q.files[name]
	return f, ok
}

// names lists the files by name.
func (q *queryFiles) names() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	names := make([]string, 0, len(q.files))
	for n := range q.files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// lastChange is when a name last appeared or went; zero when none ever did.
func (q *queryFiles) lastChange() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}

// create makes an empty file. The error wraps io/fs.ErrExist when there is one already.
func (q *queryFiles) create(name string, perm iofs.FileMode) (*queryFile, error) {
	if err := checkQueryName(name); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := q.files[name]; ok {
		return nil, fmt.Errorf("%q: %w", name, iofs.ErrExist)
	}
	if len(q.files) >= maxQueryFiles {
		return nil, ErrNoSpace
	}
	f := &queryFile{in: q, serial: lastSerial.Add(1), mtime: q.now(), perm: perm.Perm()}
	q.link(name, f)
	q.touch()
	return f, nil
}

// checkQueryName refuses names that a query directory makes itself and names
// that no file can have.
func checkQueryName(name string) error {
	if _, _, ok := resultName(name); ok {
		return fmt.Errorf("%q is made from the query, write NAME.dl: %w", name, iofs.ErrPermission)
	}
	if len(name) > 255 || name == "" || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("%q: %w", name, iofs.ErrInvalid)
	}
	return nil
}

// touch notes that the directory changed, always at a later time than before.
func (q *queryFiles) touch() {
	at := q.now()
	if !at.After(q.changed) {
		at = q.changed.Add(1)
	}
	q.changed = at
}

func (q *queryFiles) remove(name string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, ok := q.files[name]
	if !ok {
		return missing(name)
	}
	q.unlink(name, f)
	q.touch()
	return nil
}

// link gives a file a name, and the name's keeper something to do.
func (q *queryFiles) link(name string, f *queryFile) {
	q.files[name] = f
	f.name, f.linked = name, true
	q.kept.note(name)
}

func (q *queryFiles) unlink(name string, f *queryFile) {
	delete(q.files, name)
	f.linked = false
	q.kept.note(name)
	q.bytes -= int64(len(f.data))
}

// rename gives a file another name, in place of any file of that name unless
// keep is set.
func (q *queryFiles) rename(old, name string, keep bool) error {
	if err := checkQueryName(name); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	f, ok := q.files[old]
	if !ok {
		return missing(old)
	}
	if old == name {
		return nil
	}
	if over, ok := q.files[name]; ok {
		if keep {
			return fmt.Errorf("%q: %w", name, iofs.ErrExist)
		}
		q.unlink(name, over)
	}
	delete(q.files, old)
	q.kept.note(old)
	q.link(name, f)
	q.touch()
	return nil
}

// exchange swaps the names of two files.
func (q *queryFiles) exchange(a, b string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	fa, fb := q.files[a], q.files[b]
	if fa == nil || fb == nil {
		return missing(a + " or " + b)
	}
	q.link(a, fb)
	q.link(b, fa)
	q.touch()
	return nil
}

// read is the content of the file named name and the time of its last change.
func (q *queryFiles) read(name string) (data []byte, mtime time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, ok := q.files[name]
	if !ok {
		return nil, time.Time{}, false
	}
	return f.data, f.mtime, true
}

func (f *queryFile) Stat(context.Context) (Stat, error) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	return Stat{Mode: f.perm, Size: int64(len(f.data)), MTime: f.mtime, Ino: f.serial + 1<<32, Moves: true}, nil
}

func (f *queryFile) Read(context.Context) ([]byte, error) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	return f.data, nil
}

// writeAt stores p at off; a gap before it is filled with zeros.
func (f *queryFile) writeAt(p []byte, off int64) error {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	if err := f.resize(max(int64(len(f.data)), off+int64(len(p))), off < int64(len(f.data))); err != nil {
		return err
	}
	copy(f.data[off:], p)
	f.setMTime(f.in.now())
	return nil
}

func (f *queryFile) truncate(size int64) error {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	if err := f.resize(size, true); err != nil {
		return err
	}
	f.setMTime(f.in.now())
	return nil
}

// resize changes the length; fresh asks for bytes that no reader has.
func (f *queryFile) resize(size int64, fresh bool) error {
	grow := size - int64(len(f.data))
	if f.linked && grow > 0 && f.in.bytes+grow > maxQueryBytes || size > maxQueryBytes {
		return ErrNoSpace
	}
	switch {
	case fresh:
		data := make([]byte, size)
		copy(data, f.data)
		f.data = data
	case grow > 0:
		f.data = append(f.data, make([]byte, grow)...)
	}
	if f.linked {
		f.in.bytes += grow
	}
	return nil
}

func (f *queryFile) setTime(t time.Time) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	f.setMTime(t)
}

// setMTime ends every change of the content or the time; in.mu is held.
func (f *queryFile) setMTime(t time.Time) {
	f.mtime = t
	if f.linked {
		f.in.kept.note(f.name)
	}
}

func (f *queryFile) setPerm(perm iofs.FileMode) {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	f.perm = perm.Perm()
	f.setMTime(f.mtime)
}

// open finds a file, and empties it when truncate is set.
func (q *queryFiles) open(name string, truncate bool) (*queryFile, error) {
	f, ok := q.get(name)
	if !ok {
		return nil, missing(name)
	}
	if truncate {
		return f, f.truncate(0)
	}
	return f, nil
}
