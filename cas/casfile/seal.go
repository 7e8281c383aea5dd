package casfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// upkeep makes the indexes that are missing and seals a journal that has grown
// large. What fails is tried again later: the blocks are safe without it.
// The caller holds the lock.
func (s *Store) upkeep() {
	if s.journal.mark.end < s.out.rest {
		return
	}
	err := s.indexPacks()
	switch end := s.journal.mark.end; {
	case err != nil:
	case end >= s.limits.pack:
		err = s.seal()
	case end-s.indexed() >= s.limits.checkpoint:
		err = s.checkpoint(s.journal.pack)
	}
	if err == nil {
		s.delayed.Store(nil)
		return
	}
	s.delayed.Store(&err)
	s.out.dirty = true
	s.out.rest = s.journal.mark.end + s.limits.checkpoint
}

// leaveTidy indexes what this process has appended, if it is much, so that the
// next one to open the store need not read it all. The caller has the turn.
func (s *Store) leaveTidy() {
	if s.out.f == nil {
		return
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if s.begin(now) != nil { // somebody else is writing: let them do it
		return
	}
	defer s.end()
	if s.journal.mark.end-s.indexed() >= s.limits.checkpoint/4 {
		_ = s.checkpoint(s.journal.pack) // only a comfort
	}
}

// delay is why upkeep failed when it was last tried; nil when it did not.
func (s *Store) delay() error {
	if err := s.delayed.Load(); err != nil {
		return *err
	}
	return nil
}

// indexed is how much of the journal its index covers.
func (s *Store) indexed() int64 {
	if s.journal.idx == nil {
		return fileHead
	}
	return s.journal.idx.covers.end
}

// indexPacks makes the indexes of packs that have none that can be used.
func (s *Store) indexPacks() error {
	for _, p := range s.packs {
		if p.idx == nil && p.damage == nil {
			if err := s.checkpoint(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkpoint writes an index of all of a pack, and has it used.
func (s *Store) checkpoint(p *pack) error {
	data, err := p.index(s.disk)
	if err != nil {
		return err
	}
	path := p.indexPath()
	if err := s.writeFile(path, data); err != nil {
		return err
	}
	if err := s.syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	idx, err := openIndex(s.disk, path)
	if err != nil {
		return err
	}
	s.scan.Lock()
	defer s.scan.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.idx != nil {
		p.idx.close()
	}
	p.idx, p.tail, p.raw = idx, nil, 0
	return nil
}

// seal makes a pack of the journal and begins a new one. At each step between
// the two renames, and if the process dies there, the next journal is found
// under its first name.
func (s *Store) seal() error {
	number := s.journal.id.number
	if s.indexed() < s.journal.mark.end {
		if err := s.checkpoint(s.journal.pack); err != nil {
			return err
		}
	}
	if err := s.writeNext(number + 1); err != nil {
		return err
	}
	if err := s.disk.rename(s.journalPath(), numbered(s.dir, number, 0, ".pack")); err != nil {
		return err
	}
	err := s.finishSeal()
	s.scan.Lock()
	defer s.scan.Unlock()
	return errors.Join(err, s.reload())
}

// writeNext writes the next journal: its first record is where all refs point.
func (s *Store) writeNext(number uint64) error {
	id := newIdentity(number)
	data := id.head(s.journal.mark)
	refs := record{moves: allRefs(s.journal.refs)}
	data, _ = refs.layout(data, id, mark{end: fileHead, sum: headSum(data)})
	f, err := s.disk.open(s.nextPath(), os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if err := s.fillFile(f, data); err != nil {
		return err
	}
	return s.syncDir(s.dir) // it must be found once the old one is gone
}

// finishSeal gives the next journal its name, if the old one has left it.
func (s *Store) finishSeal() error {
	if _, err := s.disk.stat(s.journalPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.syncDirs(); err != nil { // both files must be found before one name goes
		return err
	}
	if err := s.disk.rename(s.nextPath(), s.journalPath()); err != nil {
		return err
	}
	return s.syncDir(s.dir)
}

// writeFile puts a file in place at once, whole and durable but for its name.
func (s *Store) writeFile(path string, data []byte) error {
	f, err := s.disk.open(path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if err := s.fillFile(f, data); err != nil {
		return err
	}
	return s.disk.rename(path+".new", path)
}

// fillFile writes a new file, makes it durable and closes it.
func (s *Store) fillFile(f file, data []byte) error {
	err := s.writeAt(f, data, 0)
	if err == nil {
		err = s.sync(f)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// What follows counts what the store does to the disk, for Stats.

func (s *Store) writeAt(f file, b []byte, off int64) error {
	n, err := f.WriteAt(b, off)
	s.written.Add(int64(n))
	if err == nil && n < len(b) {
		err = fmt.Errorf("only %d of %d bytes were written", n, len(b))
	}
	return err
}

func (s *Store) sync(f file) error {
	s.fsyncs.Add(1)
	return f.sync()
}

func (s *Store) syncDir(path string) error {
	s.fsyncs.Add(1)
	return s.disk.syncDir(path)
}

func (s *Store) syncDirs() error {
	if err := s.syncDir(filepath.Join(s.dir, "packs")); err != nil {
		return err
	}
	return s.syncDir(s.dir)
}

// noteBegun says in the lock file that an append is under way.
func (s *Store) noteBegun() error {
	s.written.Add(1)
	return s.lock.note([]byte{appendUnderWay})
}

// noteEnded says in the lock file that no append is under way, and how much is durable if that is all of the journal.
func (s *Store) noteEnded() {
	b := []byte{appendIdle}
	if j := s.journal; j.damage == nil && j.durable == j.mark.end && s.out.floor != floorOf(j) {
		s.out.floor = floorOf(j)
		b = append(b, s.out.floor.bytes()...)
	}
	s.written.Add(int64(len(b)))
	_ = s.lock.note(b) // the next one syncs once more than it must
}
