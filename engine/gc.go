package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// gcAttempts is how often GC begins anew when refs come to point at what it was about to drop.
const gcAttempts = 4

// GC removes from the store what neither refs nor pins hold under the retention. It may be run by any process at any time: transactions
// that it overtakes are run again by their Conn. The error wraps cas.ErrUnsupported where the store cannot forget.
//
// The commits before those that are kept are remembered by name (cas.AbsentRef), so that whoever looks for them is told ErrPruned. progress, unless it is nil, is told now and then how many bytes were read.
func GC(ctx context.Context, s cas.RefStore, keep Retention, thorough bool, progress func(bytes int64)) (cas.Collected, error) {
	c, ok := cas.As[cas.Collector](s)
	if !ok {
		return cas.Collected{}, fmt.Errorf("gc: this kind of store cannot forget blocks: %w", cas.ErrUnsupported)
	}
	end, err := waitSole(ctx, s)
	if err != nil {
		return cas.Collected{}, fmt.Errorf("gc: %w", err)
	}
	defer end()
	for attempt := 1; ; attempt++ {
		done, err := collectOnce(ctx, s, c, keep, thorough, progress)
		if err == nil {
			return done, nil
		}
		if !errors.Is(err, errMoved) || attempt == gcAttempts {
			return done, fmt.Errorf("gc: %w", err)
		}
	}
}

// errMoved says that a commit that was to be dropped is held now.
var errMoved = fmt.Errorf("refs were moved to commits that were to be dropped: %w", cas.ErrConflict)

// collectOnce walks most of what is live while others write, notes what will be missing, and has the store forget the rest.
func collectOnce(ctx context.Context, s cas.RefStore, c cas.Collector, keep Retention, thorough bool, progress func(bytes int64)) (cas.Collected, error) {
	l, err := newLive(ctx, s, keep, progress)
	if err != nil {
		return cas.Collected{}, err
	}
	refs, err := s.Refs(ctx)
	if err != nil {
		return cas.Collected{}, err
	}
	if err := l.add(ctx, refs, nil); err != nil {
		return cas.Collected{}, err
	}
	noted := l.cut()
	maps.Copy(noted, l.absent) // pins may still lead to these
	if err := cas.WriteAbsent(ctx, s, noted); err != nil {
		return cas.Collected{}, err
	}
	done, err := c.Collect(ctx, thorough, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if err := l.add(ctx, refs, pins); err != nil {
			return nil, err
		}
		for id := range l.cut() {
			if !noted.Has(id) {
				return nil, errMoved
			}
		}
		return l.has, nil
	})
	if err != nil {
		return done, err
	}
	return done, cas.WriteAbsent(ctx, s, l.cut())
}
