package casfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/internal/filelock"
	"github.com/ipfs/go-cid"
)

// A pin is a file in the directory pins: a line with nothing on it, then a CID a line. It counts
// as long as the process that made it holds the file's lock, which ends with the process, however that ends.

// pinned are the pins of this process.
type pinned struct {
	mu   sync.Mutex
	open map[*os.File]struct{}
}

func (s *Store) pinsDir() string { return filepath.Join(s.dir, "pins") }

// Pin implements cas.Collector. It waits for the store's lock, so no garbage is removed between
// the look at the pins and the look for what is pinned. Close unpins what is still pinned.
func (s *Store) Pin(ctx context.Context, ids ...cid.Cid) (unpin func(), err error) {
	if err := s.mayWrite(ctx); err != nil {
		return nil, err
	}
	f, err := s.writePin(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("pin in file store %s: %w", s.dir, err)
	}
	s.pinned.add(f)
	unpin = func() { s.pinned.release(f) }
	for _, id := range ids {
		ok, err := s.Has(ctx, id)
		if err == nil && !ok {
			err = s.errNotFound(id)
		}
		if err != nil {
			unpin()
			return nil, fmt.Errorf("pin: %w", err)
		}
	}
	return unpin, nil
}

// writePin makes the file of a pin and locks it, under the store's lock.
func (s *Store) writePin(ctx context.Context, ids []cid.Cid) (*os.File, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.isClosed() {
		return nil, s.errClosed()
	}
	if err := s.lock.acquire(ctx); err != nil {
		return nil, err
	}
	defer func() { _ = s.lock.release() }()
	if err := os.MkdirAll(s.pinsDir(), 0o777); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(s.pinsDir(), "")
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, id := range ids {
		text.WriteString("\n" + id.String())
	}
	_, err = f.WriteString(text.String() + "\n")
	if err == nil {
		_, err = filelock.Lock(f, false)
	}
	if err != nil {
		dropPin(f)
		return nil, err
	}
	return f, nil
}

// dropPin removes a pin's file. Where an open file cannot be removed, the next Collect does it.
func dropPin(f *os.File) {
	_ = os.Remove(f.Name())
	_ = f.Close()
	_ = os.Remove(f.Name())
}

func (p *pinned) add(f *os.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[*os.File]struct{}{}
	}
	p.open[f] = struct{}{}
}

// release is for once and more.
func (p *pinned) release(f *os.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.open[f]; ok {
		delete(p.open, f)
		dropPin(f)
	}
}

func (p *pinned) releaseAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range p.open {
		dropPin(f)
	}
	p.open = nil
}

// pins lists what is pinned, by any process, and removes pins whose process has died. The caller holds the lock.
func (s *Store) pins() ([]cid.Cid, error) {
	entries, err := os.ReadDir(s.pinsDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []cid.Cid
	for _, e := range entries {
		ids, err := readPin(filepath.Join(s.pinsDir(), e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// readPin reads a pin; there is nothing in one whose process has died.
func readPin(path string) ([]cid.Cid, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) { // it was let go
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stale, err := filelock.Lock(f, false)
	if err != nil {
		f.Close()
		return nil, err
	}
	if stale {
		dropPin(f)
		return nil, nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, max(info.Size()-1, 0)) // the first byte is what Windows locks
	if n, err := f.ReadAt(b, 1); n < len(b) {
		return nil, err
	}
	var ids []cid.Cid
	for line := range strings.FieldsSeq(string(b)) {
		id, err := cid.Decode(line)
		if err != nil {
			return nil, &cas.CorruptError{Path: path, Reason: "it is not a list of CIDs; remove it if nobody uses the store"}
		}
		ids = append(ids, id)
	}
	return ids, nil
}
