package casfile

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Get returns the block named id: one small read, and a check of its hash.
func (s *Store) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	var before place
	var failed error
	for range 4 {
		k, at, err := s.locate(ctx, id)
		if err != nil {
			return cas.Block{}, err
		}
		if failed != nil && at.pack == before.pack && at.span == before.span {
			break
		}
		b, err := at.pack.read(s.disk, k, at.span)
		if err == nil {
			return b, nil
		}
		// Perhaps not damage: what lay there may have been taken back by a process
		// whose append had failed, or the journal was read anew just now.
		before, failed = at, err
		if err := s.refresh(); err != nil {
			return cas.Block{}, fmt.Errorf("block %s: %w", id, err)
		}
	}
	return cas.Block{}, fmt.Errorf("block %s: %w", id, failed)
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
	at, ok, broken := s.journal.find(s.disk, k)
	if ok {
		return place{s.journal.pack, at, int64(at.off) < s.journal.durable}, nil
	}
	look := func(p *pack) bool {
		var err error
		if at, ok, err = p.find(s.disk, k); err != nil {
			broken = err // does not hide what other packs have
		}
		return ok
	}
	if p := s.recent.Load(); p != nil && look(p) { // neighbours are asked for together
		return place{p, at, true}, nil
	}
	for _, p := range slices.Backward(slices.Concat(s.dense, s.packs)) {
		if look(p) {
			s.recent.Store(p)
			return place{p, at, true}, nil
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
	for _, p := range slices.Concat(s.packs, s.dense) {
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

// eachBlock calls do with the blocks of the journal, then of each pack, then of the dense packs, which is the way that blocks move. While they do,
// and if a process dies at that, they are in two files.
func (s *Store) eachBlock(do func(found) error) error {
	if err := s.refresh(); err != nil {
		return err
	}
	blocks, packs, err := s.snapshot()
	once := newOnce(do)
	for i := range packs {
		if err := eachOf(blocks, err, once.do); err != nil {
			return err
		}
		blocks, err = s.blocksOf(i)
	}
	if err := eachOf(blocks, err, once.do); err != nil {
		return err
	}
	return s.eachDense(once.do)
}

// once passes on each block once.
type once struct {
	seen map[key]struct{}
	next func(found) error
}

func newOnce(do func(found) error) once { return once{map[key]struct{}{}, do} }

func (o once) do(b found) error {
	if _, ok := o.seen[b.key]; ok {
		return nil
	}
	o.seen[b.key] = struct{}{}
	return o.next(b)
}

// eachDense calls do with the blocks of the dense packs as they are now, again from the beginning where they are others meanwhile.
func (s *Store) eachDense(do func(found) error) error {
	for {
		s.mu.RLock()
		all := s.dense
		s.mu.RUnlock()
		err := s.eachIn(all, do)
		s.mu.RLock()
		closed, same := s.closed, slices.Equal(all, s.dense)
		s.mu.RUnlock()
		if closed {
			return s.errClosed()
		}
		if same || err != nil && !errors.Is(err, os.ErrClosed) {
			return err
		}
	}
}

func (s *Store) eachIn(packs []*pack, do func(found) error) error {
	var damage error
	for _, p := range packs {
		blocks, err := p.blocks(s.disk)
		if isDamage(err) { // the others can be read
			damage, err = err, nil
		}
		if err := eachOf(blocks, err, do); err != nil {
			return err
		}
	}
	return damage
}

func eachOf(blocks []found, err error, do func(found) error) error {
	for _, b := range blocks {
		if err := do(b); err != nil {
			return err
		}
	}
	return err
}

// snapshot is what the journal has, and how many packs are before it.
func (s *Store) snapshot() (blocks []found, packs int, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, 0, s.errClosed()
	}
	blocks, err = s.journal.blocks(s.disk)
	return blocks, len(s.packs), err
}

// blocksOf is what a pack has as it is now: it may have been written anew meanwhile, without its garbage.
func (s *Store) blocksOf(i int) ([]found, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, s.errClosed()
	}
	return s.packs[i].blocks(s.disk)
}

// Size is how many bytes a block takes in its file.
func (s *Store) Size(ctx context.Context, id cid.Cid) (int64, error) {
	_, at, err := s.locate(ctx, id)
	return int64(at.size), err
}
