package casfile

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Ref returns what name points at, as moved last by any process.
func (s *Store) Ref(ctx context.Context, name string) (cid.Cid, error) {
	refs, err := s.currentRefs(ctx)
	if err != nil {
		return cid.Undef, fmt.Errorf("ref %s: %w", name, err)
	}
	id, ok := refs[name]
	if !ok {
		return cid.Undef, fmt.Errorf("ref %s: %w in file store %s", name, cas.ErrNotFound, s.dir)
	}
	return id, nil
}

// Refs lists all refs sorted by name.
func (s *Store) Refs(ctx context.Context) ([]cas.Ref, error) {
	refs, err := s.currentRefs(ctx)
	if err != nil {
		return nil, fmt.Errorf("refs: %w", err)
	}
	list := make([]cas.Ref, 0, len(refs))
	for _, m := range allRefs(refs) {
		list = append(list, cas.Ref{Name: m.name, CID: m.id})
	}
	return list, nil
}

// currentRefs must not be changed by its caller. A damaged journal may have
// held a later move, so there are no refs then.
func (s *Store) currentRefs(ctx context.Context) (map[string]cid.Cid, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.refresh(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.journal.damage != nil {
		return nil, s.journal.damage
	}
	return s.journal.refs, nil
}

// SetRef moves name from old to next.
func (s *Store) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	return s.Commit(ctx, nil, name, old, next)
}
