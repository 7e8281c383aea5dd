package cass3

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Get implements cas.Getter.
func (s *Store) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := s.usable(ctx); err != nil {
		return cas.Block{}, err
	}
	if b, ok := s.block(id); ok {
		return b, nil
	}
	var worst error // damage in one pack, while another may have the block too
	tried := map[packID]bool{}
	for {
		at, err := s.locate(ctx, id, tried)
		if err != nil {
			if worst != nil && errors.Is(err, cas.ErrNotFound) {
				err = worst
			}
			return cas.Block{}, err
		}
		b, err := s.fetch(ctx, id, at)
		var corrupt *cas.CorruptError
		if errors.As(err, &corrupt) { // or the hint is damaged that led there
			if other := s.elsewhereInPack(ctx, id, at); other.known() {
				b, err = s.fetch(ctx, id, other)
			}
		}
		switch {
		case err == nil:
			return b, nil
		case errors.As(err, &corrupt):
			worst = err
		case errors.Is(err, errNoKey): // the pack was removed, and its blocks are elsewhere
			s.vanish(at.pack)
		default:
			return cas.Block{}, fmt.Errorf("block %s: %w", id, err)
		}
		tried[at.pack] = true
		s.forget(id)
	}
}

// elsewhereInPack is where the index of a pack has a block, if that is another place.
func (s *Store) elsewhereInPack(ctx context.Context, id cid.Cid, at location) location {
	p, ok := s.ofPack(at.pack)
	if !ok {
		return location{}
	}
	other, err := s.inPack(ctx, p, id)
	if err != nil || other == at {
		return location{}
	}
	if other.known() {
		s.learn(id, other)
	}
	return other
}

// fetch reads the record at a place and checks that it is id.
func (s *Store) fetch(ctx context.Context, id cid.Cid, at location) (cas.Block, error) {
	k := pieceKey{s.number.Load(), at.pack, at.off}
	data, ok := pieces().GetIfPresent(k)
	if !ok || len(data) != int(at.size) {
		var err error
		if data, err = s.readAhead(ctx, at); err != nil {
			return cas.Block{}, s.damaged(id, at, err)
		}
	}
	b, err := s.open(id, at, data)
	if err == nil {
		s.keep(b)
		pieces().Invalidate(k)
	}
	return b, err
}

// open checks that the record in data is the block id, and learns where its children lie.
func (s *Store) open(id cid.Cid, at location, data []byte) (cas.Block, error) {
	fault := func(reason string) error { return &cas.CorruptError{CID: id, Path: s.path(at), Reason: reason} }
	p, whole, err := splitRecord(data, at.pack)
	if err != nil || whole != len(data) {
		return cas.Block{}, fault(errRecord.Error())
	}
	content, err := p.content()
	if err != nil {
		return cas.Block{}, fault("its compressed bytes cannot be read: " + err.Error())
	}
	b, err := cas.Check(id, content)
	var corrupt *cas.CorruptError
	if errors.As(err, &corrupt) {
		return cas.Block{}, fault(corrupt.Reason)
	}
	if err != nil {
		return cas.Block{}, err
	}
	if len(p.hints) > 0 {
		if links, err := distinctLinks(b); err == nil {
			s.learnHints(links, p.hints)
		}
	}
	return b, nil
}

// Has implements cas.Store.
func (s *Store) Has(ctx context.Context, id cid.Cid) (bool, error) {
	if err := s.usable(ctx); err != nil {
		return false, err
	}
	if s.has(id) {
		return true, nil
	}
	_, err := s.find(ctx, id, nil)
	if errors.Is(err, cas.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Size implements cas.Sizer.
func (s *Store) Size(ctx context.Context, id cid.Cid) (int64, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	at, err := s.locate(ctx, id, nil)
	return int64(at.size) + entrySize, err
}
