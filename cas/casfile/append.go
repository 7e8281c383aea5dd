package casfile

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
)

// appender is what the holder of the turn writes with.
type appender struct {
	f       file // the journal, open for writing
	info    fs.FileInfo
	scratch []byte // for the record
	// dirty says that the lock file tells of an append under way: others must
	// make the journal durable before they go on.
	dirty bool
	floor floor // as it was last noted by this process
	// rest is the end of the journal before which sealing and indexing are not
	// tried again.
	rest int64
}

func (a *appender) close() error {
	if a.f == nil {
		return nil
	}
	err := a.f.Close()
	a.f = nil
	return err
}

// An append, in the order in which it happens: begin gets the lock, carryOut
// writes one record for many requests, end lets go of the lock.

// begin gets the lock and makes the journal ready for the next record.
func (s *Store) begin(ctx context.Context) error {
	if s.isClosed() {
		return s.errClosed()
	}
	if err := s.lock.acquire(ctx); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		s.end()
		return err
	}
	return nil
}

func (s *Store) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// end lets go of the lock.
func (s *Store) end() {
	s.scan.Lock()
	s.appending = false
	s.scan.Unlock()
	if !s.out.dirty {
		s.noteEnded()
	}
	_ = s.lock.release() // fails only for a file that is not open
}

// prepare sees what others have written, and mends what they left undone.
func (s *Store) prepare() (err error) {
	s.out.dirty = true
	if s.out.dirty, err = s.lock.interrupted(); err != nil {
		return err
	}
	if err := s.lookAndHold(); err != nil {
		return err
	}
	if s.journal.damage != nil {
		return s.journal.damage
	}
	if err := s.openOut(); err != nil {
		return err
	}
	if err := s.cutTorn(); err != nil {
		return err
	}
	return s.settle()
}

// lookAndHold reads what is new and keeps others in this process from looking,
// until end: they would see the record that is being written.
func (s *Store) lookAndHold() error {
	s.scan.Lock()
	defer s.scan.Unlock()
	if err := s.look(); err != nil {
		return err
	}
	s.appending = true
	return nil
}

// openOut opens the journal for writing, unless it is open.
func (s *Store) openOut() error {
	if s.out.f != nil && os.SameFile(s.out.info, s.journal.info) {
		return nil
	}
	if err := s.out.close(); err != nil {
		return err
	}
	if err := s.finishSeal(); err != nil { // another process may have died doing so
		return err
	}
	f, err := s.disk.open(s.journalPath(), os.O_RDWR)
	if err != nil {
		return err
	}
	s.out.f, s.out.info, s.out.rest = f, s.journal.info, 0
	return nil
}

// cutTorn removes what a writer that died left behind the last whole record.
func (s *Store) cutTorn() error {
	if s.journal.size == s.journal.mark.end {
		return nil
	}
	if err := s.out.f.Truncate(s.journal.mark.end); err != nil {
		return err
	}
	s.scan.Lock()
	defer s.scan.Unlock()
	s.journal.size = s.journal.mark.end
	return nil
}

// settle makes durable what a writer that died may not have. Everything in the
// journal is safe then.
func (s *Store) settle() error {
	if s.out.dirty {
		if err := s.sync(s.out.f); err != nil {
			return err
		}
		if err := s.syncDirs(); err != nil {
			return err
		}
		s.out.dirty = false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.durable = s.journal.mark.end
	return nil
}

// carryOut appends what the requests bring in one record, and tells them.
func (s *Store) carryOut(batch []*request) {
	r := record{s: s}
	for _, q := range batch {
		if q.err = r.add(q); q.err != nil {
			q.err = fmt.Errorf("file store %s: %w", s.dir, q.err)
		}
	}
	err := s.append(&r)
	if err == nil {
		s.upkeep()
	}
	for _, q := range batch {
		if q.err == nil && err != nil {
			q.err = fmt.Errorf("append to file store %s: %w", s.dir, err)
		}
		close(q.done)
	}
}

// append writes the record at the end of the journal and makes it durable.
func (s *Store) append(r *record) error {
	if len(r.moves) == 0 && len(r.entries) == 0 {
		return nil
	}
	j := s.journal
	b, h := r.layout(s.out.scratch[:0], j.id, j.mark)
	if h.mark.end > math.MaxUint32 {
		return fmt.Errorf("the journal is full, since it could not become a pack: %w", s.delay())
	}
	if cap(b) <= 1<<20 {
		s.out.scratch = b
	}
	if err := s.noteBegun(); err != nil {
		return err
	}
	s.out.dirty = true
	err := s.writeAt(s.out.f, b, j.mark.end)
	if err == nil {
		err = s.sync(s.out.f)
	}
	if err != nil {
		return s.takeBack(err)
	}
	s.out.dirty = false
	s.publish(h)
	return nil
}

// takeBack cuts off what was written of a record. Until the next append has
// made the journal durable, nobody takes anything for granted: s.out.dirty
// stays set.
func (s *Store) takeBack(cause error) error {
	if err := s.out.f.Truncate(s.journal.mark.end); err != nil {
		return fmt.Errorf("%w (and the part that was written is still there: %v)", cause, err)
	}
	return cause
}

// publish lets this process see a record that is durable.
func (s *Store) publish(h harvest) {
	s.scan.Lock()
	defer s.scan.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.add(h)
	s.journal.size, s.journal.durable = h.mark.end, h.mark.end
}
