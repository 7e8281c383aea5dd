package cass3

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// errCollected says that garbage was removed since a writer began: what it counts on may be gone.
var errCollected = fmt.Errorf("garbage was removed meanwhile: %w", cas.ErrConflict)

// Begin implements cas.Beginner. It asks the server nothing: the epoch is the one that is known, and each ref says which it is moved in.
func (s *Store) Begin() cas.RefStore { return session{s, s.now()} }

// session is a Store for one writer.
type session struct {
	*Store
	epoch uint64
}

// Put implements cas.Store.
func (s session) Put(ctx context.Context, blocks []cas.Block) error {
	if s.now() != s.epoch {
		return fmt.Errorf("put %d blocks: %w", len(blocks), errCollected)
	}
	err := s.putIn(ctx, s.epoch, blocks)
	if err == nil && s.now() != s.epoch {
		err = fmt.Errorf("put %d blocks: %w", len(blocks), errCollected)
	}
	return err
}

// SetRef implements cas.Refs.
func (s session) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}

// Commit implements cas.Committer.
func (s session) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	if err := errors.Join(s.usable(ctx), cas.CheckRefName(ref)); err != nil {
		return err
	}
	err := s.commitIn(ctx, s.epoch, blocks, ref, old, next)
	s.compare(ctx, ref, err)
	return err
}

// inEpoch tells whether a transaction that began in an epoch may replace cur. Where it may not, what it has to know for the next attempt is known
// afterwards.
func (s *Store) inEpoch(ctx context.Context, epoch uint64, cur *refObject) error {
	if cur.since() > s.now() {
		if _, err := s.settle(ctx); err != nil {
			return err
		}
	}
	if s.now() != epoch || cur.since() > epoch {
		return errCollected
	}
	return nil
}

// founded makes sure that nothing that a collector has not seen comes of a ref that points at nothing: the object is there first, and only then it is asked for the epoch. If the
// collector has not found the object, it had said that it is at work before.
func (s *Store) founded(ctx context.Context, epoch uint64, ref string, cur *refObject) (*refObject, error) {
	if cur == nil {
		first := &refObject{token: newToken(), epoch: epoch}
		err := s.swap(ctx, ref, nil, first, first.encode(s.where))
		switch {
		case err == nil && first.etag != "":
			cur = first
		case err == nil || errors.Is(err, errMoved): // as it was when it was looked at
			if cur, err = s.expectedNow(ref, cid.Undef); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
	if _, err := s.settle(ctx); err != nil {
		return nil, err
	}
	if s.now() != epoch {
		return nil, errCollected
	}
	return cur, nil
}
