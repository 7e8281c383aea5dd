package cascache

import (
	"context"
	"errors"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Store is a store with a cache in front of it. What is there is asked of the store itself, since a writer relies on it; only bytes
// come from the cache. What else the store can do is found with cas.As.
type Store struct {
	cas.RefStore
	cache *Cache
	name  string
}

var (
	_ cas.RefStore = (*Store)(nil)
	_ cas.Batcher  = (*Store)(nil)
)

// Over puts the cache in front of s. name tells the storage from any other: its URL.
func (c *Cache) Over(s cas.RefStore, name string) *Store { return &Store{s, c, name} }

// Unwrap is the store behind the cache.
func (s *Store) Unwrap() cas.RefStore { return s.RefStore }

// Get implements cas.Getter.
func (s *Store) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := ctx.Err(); err != nil {
		return cas.Block{}, err
	}
	if b, hints, ok := s.cache.get(ctx, id); ok {
		s.learn(b, hints)
		return b, nil
	}
	b, err := s.RefStore.Get(ctx, id)
	if err == nil {
		s.cache.put(b, s.hintsOf(b))
	}
	return b, err
}

// GetMany implements cas.Batcher.
func (s *Store) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	var missing []cid.Cid
	var places []int
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if b, hints, ok := s.cache.get(ctx, id); ok {
			s.learn(b, hints)
			got(i, b, nil)
			continue
		}
		missing, places = append(missing, id), append(places, i)
	}
	if len(missing) == 0 {
		return ctx.Err()
	}
	return cas.GetMany(ctx, s.RefStore, missing, func(i int, b cas.Block, err error) {
		if err == nil {
			s.cache.put(b, s.hintsOf(b))
		}
		got(places[i], b, err)
	})
}

// HasMany implements cas.Batcher.
func (s *Store) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	return cas.HasMany(ctx, s.RefStore, ids)
}

// Commit implements cas.Committer, and keeps what was written: who writes reads it next.
func (s *Store) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	err := cas.Commit(ctx, s.RefStore, blocks, ref, old, next)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		s.cache.put(b, s.hintsOf(b))
	}
	s.note(ref, next)
	return nil
}

// SetRef implements cas.Refs.
func (s *Store) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	err := s.RefStore.SetRef(ctx, name, old, next)
	if err == nil {
		s.note(name, next)
	}
	return err
}

// Ref implements cas.Refs.
func (s *Store) Ref(ctx context.Context, name string) (cid.Cid, error) {
	id, err := s.RefStore.Ref(ctx, name)
	if err == nil || errors.Is(err, cas.ErrNotFound) {
		s.note(name, id)
	}
	return id, err
}

// Refs implements cas.Refs.
func (s *Store) Refs(ctx context.Context) ([]cas.Ref, error) {
	refs, err := s.RefStore.Refs(ctx)
	if err == nil {
		_ = s.cache.writeRefs(s.name, refs) // which is only missed offline
	}
	return refs, err
}

// note remembers where a ref points; cid.Undef: nowhere.
func (s *Store) note(name string, id cid.Cid) {
	refs, _ := s.cache.readRefs(s.name)
	if next := setRef(refs, name, id); next != nil {
		_ = s.cache.writeRefs(s.name, next)
	}
}
