package casfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dhfs/dhfs/cas"
)

// journal is the pack that grows.
type journal struct {
	*pack
	info fs.FileInfo // tells the file from the one that follows it
	size int64       // of the file when it was last read
	// durable is the offset below which everything is known to be safe.
	durable int64
	loaded  int64 // where the journal ended when it was read from scratch
}

func (s *Store) journalPath() string { return filepath.Join(s.dir, "journal") }

// nextPath is the coming journal, which takes the name when the old one becomes a pack.
func (s *Store) nextPath() string { return filepath.Join(s.dir, "journal.new") }

// eachJournal calls do with the path of the journal. While another process
// seals, or after it died doing so, there is no journal, but the next one is
// there under its first name.
func (s *Store) eachJournal(do func(path string) error) error {
	for range 3 {
		for _, path := range []string{s.journalPath(), s.nextPath()} {
			if err := do(path); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return &cas.CorruptError{Path: s.journalPath(), Reason: "the file is missing"}
}

// loadJournal reads the journal from scratch: its index as far as that goes,
// then its records.
func (s *Store) loadJournal() (*journal, error) {
	var j *journal
	known := readFloor(s.lock.path) // before the journal is looked at, which only grows
	err := s.eachJournal(func(path string) error {
		f, err := s.disk.open(path, os.O_RDONLY)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			f.Close()
			return err
		}
		j = &journal{pack: &pack{path: s.journalPath(), dir: s.dir, f: f}, info: info}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.read(j, known); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// read takes everything from the index and the records of a journal just
// opened, of which so much is known to have been durable.
func (s *Store) read(j *journal, known floor) error {
	if ok, err := j.readHead(j.f); err != nil {
		return err
	} else if !ok {
		return j.damage
	}
	if err := s.useCheckpoint(j); err != nil {
		return err
	}
	h, err := walk(j.f, j.path, j.id, j.mark, j.info.Size())
	if errors.Is(err, errReplaced) {
		h.damaged(j.path, "the record does not follow the one before it")
	} else if err != nil {
		return err
	}
	if j.id.number > 1 && h.mark.last == 0 { // it was there before the file was called the journal
		h.damaged(j.path, "the first record is missing")
	}
	j.add(h)
	if known.lost(j) && j.damage == nil {
		h.damaged(j.path, fmt.Sprintf("%d bytes that were durable are no record", int64(known.end)-j.mark.end))
		j.damage = h.damage
	}
	j.size, j.loaded = j.info.Size(), j.mark.end
	return nil
}

// useCheckpoint starts from the index that was made when the journal was
// shorter, if it belongs to this journal.
func (s *Store) useCheckpoint(j *journal) error {
	idx, err := usableIndex(s.disk, j.indexPath(), j.id.number)
	if idx == nil || err != nil {
		return err
	}
	short := j.info.Size() < idx.covers.end
	if idx.id != j.id || !short && !markHolds(j.f, idx.covers) {
		idx.close()
		return nil
	}
	j.useIndex(idx, j.info.Size())
	j.durable = idx.covers.end
	return nil
}

// markHolds tells whether the record that a mark was taken from is still there:
// then so is all before it, since each record has the sum of the one before.
func markHolds(f file, m mark) bool {
	var head [recordHead]byte
	n, _ := f.ReadAt(head[:], m.last)
	return n == len(head) && headSum(head[:]) == m.sum
}

// refresh reads what other processes have written since the last time.
func (s *Store) refresh() error {
	s.scan.Lock()
	defer s.scan.Unlock()
	if s.closed {
		return s.errClosed()
	}
	if s.appending { // the lock is ours, so nobody else has written
		return nil
	}
	return s.look()
}

// look is refresh for the holder of scan.
func (s *Store) look() error {
	var info fs.FileInfo
	err := s.eachJournal(func(path string) (err error) {
		info, err = s.disk.stat(path)
		return err
	})
	if err != nil {
		return err
	}
	j := s.journal
	if s.list.changed(s.disk) || !os.SameFile(info, j.info) || info.Size() < j.mark.end || !markHolds(j.f, j.mark) {
		return s.reload()
	}
	if info.Size() == j.size {
		return nil
	}
	h, err := walk(j.f, j.path, j.id, j.mark, info.Size())
	switch {
	case errors.Is(err, errReplaced) || h.damage != nil || h.torn && int64(readFloor(s.lock.path).end) > h.mark.end:
		return s.reload() // which tells a torn append from damage
	case err != nil:
		return err
	case h.mark.end-j.loaded >= 2*s.limits.checkpoint: // others have probably made an index meanwhile
		return s.reload()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j.add(h)
	j.size = info.Size()
	return nil
}

// reload reads the journal anew and opens the packs that were sealed or written anew since.
func (s *Store) reload() error {
	for try := 0; ; try++ {
		list, err := loadList(s.disk, s.dir)
		if err != nil {
			return err
		}
		j, packs, dense, err := s.load(list)
		if try < 4 && list.changed(s.disk) { // files of the old list may have gone while they were looked for
			list.close()
			if err == nil {
				s.discard(j, slices.Concat(packs, dense))
			}
			continue
		}
		if err != nil {
			list.close()
			return err
		}
		s.use(list, j, packs, dense)
		return nil
	}
}

// load opens what reload puts to use.
func (s *Store) load(list *packList) (_ *journal, packs, dense []*pack, _ error) {
	j, err := s.loadJournal()
	for try := 0; try < 2 && err == nil && j.damage != nil; try++ {
		// Perhaps not damage: another process was cutting off a torn end.
		j.close()
		j, err = s.loadJournal()
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if packs, err = s.loadPacks(j, list); err != nil {
		j.close()
		return nil, nil, nil, err
	}
	if dense, err = s.loadDense(list); err != nil {
		s.discard(j, packs)
		return nil, nil, nil, err
	}
	return j, packs, dense, nil
}

// use puts what was loaded in the place of what is open, and closes that: a Get that is about to read from it looks again.
func (s *Store) use(list *packList, j *journal, packs, dense []*pack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal != nil {
		s.journal.close()
		s.list.close()
	}
	for _, p := range slices.Concat(s.packs, s.dense) {
		if !slices.Contains(packs, p) && !slices.Contains(dense, p) {
			p.close()
		}
	}
	s.recent.Store(nil)
	s.list, s.journal, s.packs, s.dense = list, j, packs, dense
}

// discard closes what was loaded and is not open otherwise.
func (s *Store) discard(j *journal, packs []*pack) {
	if j != nil {
		j.close()
	}
	for _, p := range packs {
		if !slices.Contains(s.packs, p) && !slices.Contains(s.dense, p) {
			p.close()
		}
	}
}

// loadPacks opens the packs before the journal that are not open yet as the list has them.
func (s *Store) loadPacks(j *journal, list *packList) ([]*pack, error) {
	packs := make([]*pack, 0, j.id.number)
	for n := uint64(1); n < j.id.number; n++ {
		if n <= uint64(len(s.packs)) && s.packs[n-1].names == list.at(n) {
			packs = append(packs, s.packs[n-1])
			continue
		}
		p, err := openPack(s.disk, s.dir, n, list.at(n), func() (mark, error) { return s.endOf(n, j, list) })
		if err != nil {
			s.discard(nil, packs)
			return nil, err
		}
		packs = append(packs, p)
	}
	return packs, nil
}

// endOf asks the file after a pack where the pack ends.
func (s *Store) endOf(number uint64, j *journal, list *packList) (mark, error) {
	if number+1 == j.id.number {
		return j.before, nil
	}
	p := &pack{path: numbered(s.dir, number+1, list.at(number+1).pack, ".pack")}
	defer p.close()
	f, err := p.file(s.disk)
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, nil
	}
	if err == nil {
		_, err = p.readHead(f)
	}
	return p.before, err
}
