package casfile

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Get returns the block named id: one small read, and a check of its hash.
func (s *Store) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	k, at, err := s.locate(ctx, id)
	if err != nil {
		return cas.Block{}, err
	}
	b, err := at.pack.read(s.disk, k, at.span)
	if err == nil {
		return b, nil
	}
	// Perhaps not damage: what lay there may have been taken back by a process
	// whose append had failed.
	if rerr := s.refresh(); rerr != nil {
		return cas.Block{}, fmt.Errorf("block %s: %w", id, rerr)
	}
	_, now, lerr := s.locate(ctx, id)
	if lerr != nil {
		return cas.Block{}, lerr
	}
	if now.pack != at.pack || now.span != at.span {
		b, err = now.pack.read(s.disk, k, now.span)
	}
	if err != nil {
		return cas.Block{}, fmt.Errorf("block %s: %w", id, err)
	}
	return b, nil
}

// Has tells whether there is a block named id, from the indexes alone.
func (s *Store) Has(ctx context.Context, id cid.Cid) (bool, error) {
	_, _, err := s.locate(ctx, id)
	if errors.Is(err, cas.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// place is where a block lies.
type place struct {
	pack *pack // nil when the block is not there
	span
	// safe tells that it survives a power failure: what another process appends
	// may be seen here a moment before it does.
	safe bool
}

// locate finds where a block lies. What is not known here is looked for in
// what other processes have written since.
func (s *Store) locate(ctx context.Context, id cid.Cid) (key, place, error) {
	if err := ctx.Err(); err != nil {
		return key{}, place{}, err
	}
	k, ok := keyOf(id)
	if !ok {
		return key{}, place{}, s.errNotFound(id)
	}
	at, err := s.find(k)
	if at.pack == nil && err == nil {
		if err = s.refresh(); err == nil {
			at, err = s.find(k)
		}
	}
	if at.pack == nil && err == nil {
		err = s.damage() // the block may be in what is lost
	}
	switch {
	case err != nil:
		return key{}, place{}, fmt.Errorf("block %s: %w", id, err)
	case at.pack == nil:
		return key{}, place{}, s.errNotFound(id)
	}
	return k, at, nil
}

func (s *Store) errNotFound(id cid.Cid) error {
	return fmt.Errorf("block %s: %w in file store %s", id, cas.ErrNotFound, s.dir)
}

// find looks a block up in what is known now.
func (s *Store) find(k key) (place, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return place{}, s.errClosed()
	}
	at, ok, broken := s.journal.find(k)
	if ok {
		return place{s.journal.pack, at, int64(at.off) < s.journal.durable}, nil
	}
	recent := s.recent.Load()
	for i := len(s.packs); i >= 0; i-- {
		p := recent // first, since neighbours are asked for together
		if i < len(s.packs) {
			p = s.packs[i]
		}
		if p == nil || p == recent && i < len(s.packs) {
			continue
		}
		at, ok, err := p.find(k)
		if ok {
			s.recent.Store(p)
			return place{p, at, true}, nil
		}
		if err != nil { // does not hide what other packs have
			broken = err
		}
	}
	return place{}, broken
}

// damage is why a block that is not found may yet have been stored.
func (s *Store) damage() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.journal.damage != nil {
		return s.journal.damage
	}
	for _, p := range s.packs {
		if p.damage != nil {
			return p.damage
		}
	}
	return nil
}

// All lists every block that was there when it began, each once, and then the
// damage if there is any.
func (s *Store) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		err := s.eachBlock(func(b found) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(b.key.cid(), nil) {
				return errEnough
			}
			return nil
		})
		if err == nil {
			err = s.damage()
		}
		if err != nil && err != errEnough {
			yield(cid.Undef, err)
		}
	}
}

// errEnough says that whoever asked wants no more.
var errEnough = errors.New("enough")

// eachBlock calls do with the blocks of the journal and then of each pack. No
// block is in two of them: under the lock a writer knows them all.
func (s *Store) eachBlock(do func(found) error) error {
	if err := s.refresh(); err != nil {
		return err
	}
	blocks, packs, err := s.snapshot()
	for _, p := range packs {
		if err := eachOf(blocks, err, do); err != nil {
			return err
		}
		blocks, err = s.blocksOf(p)
	}
	return eachOf(blocks, err, do)
}

func eachOf(blocks []found, err error, do func(found) error) error {
	for _, b := range blocks {
		if err := do(b); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) snapshot() ([]found, []*pack, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, nil, s.errClosed()
	}
	blocks, err := s.journal.blocks()
	return blocks, s.packs, err
}

func (s *Store) blocksOf(p *pack) ([]found, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, s.errClosed()
	}
	return p.blocks()
}
