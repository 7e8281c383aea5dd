package cass3

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// dropOld removes the older half of the packs that were replaced before the ref was moved to where it is, and returns the ref object without them. All their
// blocks are in packs that are there, so nothing is lost, and a reader who still looks into one finds its way by the indexes. What could
// not be removed stays where it is, and is forgotten: not everybody may remove objects.
func (s *Store) dropOld(ctx context.Context, cur *refObject) *refObject {
	half := cur.old[:len(cur.old)/2]
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, id := range half {
		g.Go(func() error { return s.client.remove(ctx, id.key()) })
	}
	_ = g.Wait()
	less := *cur
	less.old = slices.Clone(cur.old[len(half):])
	return &less
}
