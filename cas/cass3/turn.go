package cass3

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"
)

// maxTurn is how long a writer waits for those before it.
const maxTurn = 30 * time.Second

// Turn implements cas.Queuer among the writers of this process.
func (s *Store) Turn(ctx context.Context, ref string) (done func()) {
	s.mu.Lock()
	line := s.turns[ref]
	if line == nil {
		line = semaphore.NewWeighted(1)
		s.turns[ref] = line
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	if line.Acquire(ctx, 1) != nil {
		return func() {}
	}
	return func() { line.Release(1) }
}
