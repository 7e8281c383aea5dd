package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/datahike"
	"github.com/google/uuid"
	"github.com/ipfs/go-cid"
)

// datahikeStore is a store of Datahike as blocks, for what copies or serves those: it converts the store into memory, once, and what it got since
// whenever a ref is looked up. What only reads does so in place. Nothing is written to it.
type datahikeStore struct {
	src   datahikeSource
	url   string // as it may be shown
	place *datahike.InPlace

	mu     sync.Mutex
	made   cas.RefStore // the conversion, nil until it is needed
	heads  string       // of the store, as of the last look
	byUUID map[uuid.UUID]cid.Cid
}

// valued is a store that opens values by itself. ok is false where that takes a commit.
type valued interface {
	Value(ctx context.Context, rev string) (db engine.DB, ok bool, err error)
}

// openValue is openDB for what only reads datoms: the value need not come from a commit.
func openValue(ctx context.Context, p place) (engine.DB, store, error) {
	s, err := openReading(ctx, p.url)
	if err != nil {
		return engine.DB{}, nil, err
	}
	if v, ok := s.(valued); ok {
		db, ok, err := v.Value(ctx, p.rev)
		if err != nil {
			s.Close()
			return db, nil, fmt.Errorf("%s: %w", p, err)
		}
		if ok {
			return db, s, nil
		}
	}
	return openIn(ctx, s, p)
}

func openDatahike(url string) (store, error) {
	src, err := openDatahikeSource(url)
	if err != nil {
		return nil, err
	}
	s := &datahikeStore{src: src, url: shownDatahike(url)}
	s.place = datahike.NewInPlace(src.Store, s.became)
	return s, nil
}

// became is the commit that one of Datahike's became, and the store that has it.
func (s *datahikeStore) became(ctx context.Context, id uuid.UUID) (cas.RefStore, cid.Cid, error) {
	made, err := s.refresh(ctx)
	if err != nil {
		return nil, cid.Undef, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	commit, ok := s.byUUID[id]
	if !ok {
		err = fmt.Errorf("commit %s of %s: %w", id, s.url, cas.ErrNotFound)
	}
	return made, commit, err
}

// inPlace is a store of Datahike that is read where it is. It has commits and values, and no blocks.
type inPlace struct {
	*datahike.InPlace
	of *datahikeStore
}

func (s inPlace) Put(context.Context, []cas.Block) error { return onlyRead(s.of.url) }

func (s inPlace) SetRef(context.Context, string, cid.Cid, cid.Cid) error { return onlyRead(s.of.url) }

func (s inPlace) Close() error { return s.of.Close() }

// openReading opens a store for what reads commits and values, and no blocks: what is not made of blocks is read where it is.
func openReading(ctx context.Context, url string) (store, error) {
	s, err := openStore(ctx, url)
	if d, ok := s.(*datahikeStore); ok {
		s = inPlace{d.place, d}
	}
	return s, err
}

// refresh converts what is new. Commits are never changed, so only the heads have to be looked at.
func (s *datahikeStore) refresh(ctx context.Context) (cas.RefStore, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	heads, err := s.src.Heads(ctx)
	if err != nil || heads == s.heads && s.made != nil {
		return s.made, err
	}
	if s.made == nil {
		s.made = cas.NewMemory()
	}
	done, err := datahike.Import(ctx, s.made, s.src.Store, datahike.ImportOptions{Unchecked: true})
	if errors.Is(err, cas.ErrConflict) {
		err = fmt.Errorf("a branch of %s was moved to other commits: open it again: %w", s.url, err)
	}
	if err == nil {
		s.heads, s.byUUID = heads, done.ByUUID
	}
	return s.made, err
}

// converted is the conversion, as of the last look.
func (s *datahikeStore) converted(ctx context.Context) (cas.RefStore, error) {
	s.mu.Lock()
	made := s.made
	s.mu.Unlock()
	if made != nil {
		return made, nil
	}
	return s.refresh(ctx)
}

// Alias implements engine.Aliaser: Datahike's ids of commits, and unambiguous beginnings of them.
func (s *datahikeStore) Alias(ctx context.Context, name string) (cid.Cid, bool, error) {
	if !datahike.IsPartOfID(name) {
		return cid.Undef, false, nil
	}
	if _, err := s.refresh(ctx); err != nil {
		return cid.Undef, false, err
	}
	id, ok, err := s.src.FindCommit(ctx, name)
	if err != nil || !ok {
		return cid.Undef, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	commit, ok := s.byUUID[id]
	return commit, ok, nil
}

// Get implements cas.Getter.
func (s *datahikeStore) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	made, err := s.converted(ctx)
	if err != nil {
		return cas.Block{}, err
	}
	return made.Get(ctx, id)
}

// Has implements cas.Store.
func (s *datahikeStore) Has(ctx context.Context, id cid.Cid) (bool, error) {
	made, err := s.converted(ctx)
	if err != nil {
		return false, err
	}
	return made.Has(ctx, id)
}

// All implements cas.Store.
func (s *datahikeStore) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	made, err := s.converted(ctx)
	if err != nil {
		return func(yield func(cid.Cid, error) bool) { yield(cid.Undef, err) }
	}
	return made.All(ctx)
}

// Ref implements cas.Refs.
func (s *datahikeStore) Ref(ctx context.Context, name string) (cid.Cid, error) {
	made, err := s.refresh(ctx)
	if err != nil {
		return cid.Undef, err
	}
	return made.Ref(ctx, name)
}

// Refs implements cas.Refs.
func (s *datahikeStore) Refs(ctx context.Context) ([]cas.Ref, error) {
	made, err := s.refresh(ctx)
	if err != nil {
		return nil, err
	}
	return made.Refs(ctx)
}

// Put implements cas.Store.
func (s *datahikeStore) Put(context.Context, []cas.Block) error { return onlyRead(s.url) }

// SetRef implements cas.Refs.
func (s *datahikeStore) SetRef(context.Context, string, cid.Cid, cid.Cid) error {
	return onlyRead(s.url)
}

// FilesRead is how many files of the store were read.
func (s *datahikeStore) FilesRead() int64 { return s.src.Reads() }

// Close implements io.Closer.
func (s *datahikeStore) Close() error {
	if closedDatahike != nil {
		closedDatahike(s.FilesRead())
	}
	return s.src.Close()
}

// closedDatahike, in tests, is told how many files of a store were read.
var closedDatahike func(files int64)

// tellReads tells of databases that are files of others how many were read.
func (a *app) tellReads(stores ...store) {
	for _, s := range stores {
		if d, ok := s.(inPlace); ok {
			a.say("%s: %s read", d.of.url, counted(int(d.of.FilesRead()), "file"))
		}
	}
}

var (
	_ store  = (*datahikeStore)(nil)
	_ valued = inPlace{}
	_ store  = inPlace{}
)
