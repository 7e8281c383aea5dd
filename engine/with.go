package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// With runs the transaction in memory only, at the time now. It sees the whole
// of the database, whatever part of it db shows.
func (db DB) With(ctx context.Context, forms []edn.Value, now time.Time) (Report, error) {
	before := DB{s: db.s}
	t := before.T() + 1
	x, err := expand(ctx, before, forms, t, now, db.s.next)
	if err != nil {
		return Report{}, err
	}
	s, err := db.s.overlay(x.blocks).apply(ctx, t, x.at, x.datoms)
	if err != nil {
		return Report{}, fmt.Errorf("apply the transaction: %w", err)
	}
	s.before = db.s
	return Report{Before: before, After: DB{s: s}, Datoms: x.datoms, Tempids: x.tempids}, nil
}

// overlay is the state with blocks readable that are not stored.
func (s *state) overlay(blocks []cas.Block) *state {
	if len(blocks) == 0 {
		return s
	}
	over := s.edited()
	over.env = &env{Getter: cas.NewOverlay(s.env.Getter, blocks), nodes: s.env.nodes}
	return over
}
