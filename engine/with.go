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
	s, err := db.s.settled(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("transact: %w", err)
	}
	before := DB{s: s}
	t := s.t + 1
	x, err := expand(ctx, before, forms, t, now, s.next)
	if err != nil {
		return Report{}, err
	}
	next, err := x.from.apply(ctx, t, x.at, x.datoms, nil)
	if err != nil {
		return Report{}, fmt.Errorf("transact: %w", err)
	}
	next.before = s
	if len(x.blocks) > 0 { // nobody stores them
		next.env = &env{Getter: cas.NewOverlay(s.env.Getter, x.blocks), nodes: s.env.nodes, derived: s.env.derived, lates: s.env.lates}
	}
	return Report{Before: before, After: DB{s: next}, Datoms: x.datoms, Purged: x.purged.all(), Tempids: x.tempids}, nil
}
