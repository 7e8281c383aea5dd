package casfile

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Put stores the blocks durably. What is there already is not written again.
func (s *Store) Put(ctx context.Context, blocks []cas.Block) error {
	return s.put(ctx, blocks, request{})
}

// Commit stores the blocks and moves ref in one record, with one fsync. When
// ref does not point at old the error wraps cas.ErrConflict. Blocks that are
// too many for one record are stored before, in records of their own.
func (s *Store) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	if err := cas.CheckRefName(ref); err != nil {
		return err
	}
	return s.put(ctx, blocks, request{ref: ref, old: old, next: next})
}

// put stores the blocks, the last of them together with what r says.
func (s *Store) put(ctx context.Context, blocks []cas.Block, r request) error {
	if err := s.mayWrite(ctx); err != nil {
		return err
	}
	entries, err := newEntries(blocks)
	if err != nil {
		return err
	}
	if r.ref != "" && !r.bound { // it may take several records
		r.epoch, r.bound = s.epoch(), len(entries) > 1 && s.fill(&r, entries) < len(entries)
	}
	for {
		n := s.fill(&r, entries)
		if n == len(entries) {
			err := s.store(ctx, &r)
			if r.ref != "" && err == nil {
				s.Settle(context.WithoutCancel(ctx)) // who is told of a move knows that all others see it
			}
			return err
		}
		if err := s.store(ctx, &request{all: r.all, bytes: r.bytes, epoch: r.epoch, bound: r.bound}); err != nil {
			return err
		}
		entries = entries[n:]
	}
}

// fill gives r as many of the entries as go into one record.
func (s *Store) fill(r *request, entries []entry) int {
	r.bytes = 0
	for i, e := range entries {
		size := int64(len(e.data)) + maxStoredHead
		if i > 0 && r.bytes+size > s.limits.append {
			r.all = entries[:i:i]
			return i
		}
		r.bytes += size
	}
	r.all = entries
	return len(entries)
}

func (s *Store) mayWrite(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.readOnly {
		return s.errReadOnly()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return s.errClosed()
	}
	return nil
}

// store has a request appended, unless all of it is safe already.
func (s *Store) store(ctx context.Context, r *request) error {
	missing, err := s.sift(r)
	if err != nil {
		return err
	}
	if r.ref == "" && len(r.blocks) == 0 {
		return nil
	}
	packAll(missing)
	r.done = make(chan struct{})
	return s.submit(ctx, r)
}

// sift drops the blocks that are known to be safe, and returns those of the
// rest that are not known at all.
func (s *Store) sift(r *request) (missing []*entry, err error) {
	epoch := s.epoch()
	if r.bound && r.epoch != epoch {
		return nil, fmt.Errorf("file store %s: %w", s.dir, errCollected)
	}
	r.epoch = epoch
	r.blocks = make([]entry, 0, len(r.all))
	for _, e := range r.all {
		at, err := s.find(e.key)
		if err != nil {
			return nil, err
		}
		if at.safe {
			continue
		}
		r.blocks = append(r.blocks, e)
		if at.pack == nil {
			missing = append(missing, &r.blocks[len(r.blocks)-1])
		}
	}
	return missing, nil
}

// packAll compresses entries, on all processors when they are many.
func packAll(entries []*entry) {
	workers := min(runtime.GOMAXPROCS(0), len(entries)/8)
	if workers < 2 {
		for _, e := range entries {
			e.pack()
		}
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(entries); i += workers {
				entries[i].pack()
			}
		})
	}
	wait.Wait()
}

// submit puts a request in the queue and waits until it is carried out, by
// whoever gets the turn first.
func (s *Store) submit(ctx context.Context, r *request) error {
	s.queue.add(r)
	select {
	case <-r.done:
		return r.err
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		if s.queue.withdraw(r) {
			return ctx.Err()
		}
		<-r.done // it is being written, which does not take long
		return r.err
	}
	defer func() { <-s.turn }()
	return s.lead(ctx, r)
}

// lead carries out what waits, until r is done, which it may be already. The
// caller has the turn.
func (s *Store) lead(ctx context.Context, r *request) error {
	for !isDone(r) {
		if err := s.begin(ctx); err != nil {
			s.queue.withdraw(r)
			return fmt.Errorf("append to file store %s: %w", s.dir, err)
		}
		s.carryOut(s.queue.take(s.limits.append))
		s.end()
	}
	return r.err
}

func isDone(r *request) bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}
