package cass3

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxTurn is how long a writer waits for those before it.
	maxTurn = 30 * time.Second
	// lossesBeforeClaim is how often in a row a writer loses before it asks all others to wait.
	lossesBeforeClaim = 2
	// claimPause is how often a writer looks whether the one that it waits for is done.
	claimPause = 20 * time.Millisecond
	// claimAge is after how long an unchanged claim is taken for one of a process that has ended.
	claimAge = 3 * time.Second
	// rivalry is how long after a ref was moved by others a writer looks for claims: who writes alone is not slowed down.
	rivalry = 10 * time.Second
)

// line is those who want to move one ref. Within the process they stand in line. Between processes who is lucky goes first, until one has lost too often: that one puts
// a claim into the bucket, and whoever wants to begin a transaction waits until it is gone. All of it is a courtesy; the condition on the ref decides.
type line struct {
	here    *semaphore.Weighted
	moving  *semaphore.Weighted // held while the ref is moved: of two in one process the second is told at once
	rivals  time.Time           // when the ref was last moved by another process
	lost    int                 // commits that came too late, in a row
	claimed bool
	ignored string // the ETag of a claim whose process has ended
}

func claimKey(ref string) string { return "turns/" + refKey(ref)[len("refs/"):] }

// line is that of a ref.
func (s *shared) line(ref string) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lines[ref]
	if l == nil {
		l = &line{here: semaphore.NewWeighted(1), moving: semaphore.NewWeighted(1)}
		s.lines[ref] = l
	}
	return l
}

// Turn implements cas.Queuer.
func (s *Store) Turn(ctx context.Context, ref string) (done func(), held bool) {
	l := s.line(ref)
	waiting, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	if l.here.Acquire(waiting, 1) != nil {
		return func() {}, false
	}
	s.mu.Lock()
	rivals := time.Since(l.rivals) < rivalry
	s.mu.Unlock()
	if rivals {
		s.awaitClaim(waiting, ref, l)
	}
	return func() {
		s.release(ctx, ref, l)
		l.here.Release(1)
	}, true
}

// awaitClaim waits while another process asks for it.
func (s *Store) awaitClaim(ctx context.Context, ref string, l *line) {
	seen, since := "", time.Now()
	for {
		o, err := s.client.get(ctx, claimKey(ref), "")
		if err != nil || o.etag == l.ignored {
			return
		}
		if o.etag != seen {
			seen, since = o.etag, time.Now()
		}
		if time.Since(since) > claimAge {
			l.ignored = o.etag
			_ = s.client.remove(ctx, claimKey(ref))
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(claimPause):
		}
	}
}

// rivalled notes that another process has moved a ref.
func (s *shared) rivalled(ref string) {
	l := s.line(ref)
	s.mu.Lock()
	defer s.mu.Unlock()
	l.rivals = time.Now()
}

// lose notes that a commit came too late, and claims the next turn when that happens again and again.
func (s *Store) lose(ctx context.Context, ref string) {
	l := s.line(ref)
	s.mu.Lock()
	l.lost++
	claim := l.lost > lossesBeforeClaim && !l.claimed
	s.mu.Unlock()
	if !claim {
		return
	}
	t := newToken()
	_, err := s.client.put(ctx, claimKey(ref), t[:], condition{none: true})
	if err == nil || !errors.Is(err, errRefused) { // else another one has it
		s.mu.Lock()
		l.claimed = true
		s.mu.Unlock()
	}
}

// release takes a claim back.
func (s *Store) release(ctx context.Context, ref string, l *line) {
	s.mu.Lock()
	claimed := l.claimed
	l.claimed, l.lost = false, 0
	s.mu.Unlock()
	if !claimed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.client.remove(ctx, claimKey(ref)) // if it stays, others wait for claimAge
}
