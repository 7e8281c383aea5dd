package cass3

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/dhfs/dhfs/cas"
	"golang.org/x/sync/semaphore"
)

const (
	// maxTurn is how long a writer waits for those before it, and how long it keeps others waiting.
	maxTurn = 30 * time.Second
	// crowded is for how long a writer asks all others to wait after it was overtaken by one.
	crowded = 5 * time.Second
	// claimPause is about how often a writer looks whether the one that it waits for is done.
	claimPause = 50 * time.Millisecond
	// aRow is for how long a writer takes one turn after the other, and aBreak for how long it then leaves the line to others: each of them looks in that time.
	aRow   = claimPause
	aBreak = 2 * claimPause
	// claimAge is after how long an unchanged claim is taken for one of a process that has ended.
	claimAge = 3 * time.Second
	// longest is for how long a process at most keeps others from what one of them should do.
	longest = time.Hour
	// rivalry is how long after a ref was moved by others a writer looks for claims: who writes alone is not slowed down.
	rivalry = 10 * time.Second
)

// line is those who want to move one ref. Within the process they stand in line. Between processes who is lucky goes first, until one has lost too often: that one puts
// a claim into the bucket, for which it waits where another has one, and whoever wants to begin a transaction, or to begin it again, waits until it is gone. All of it is a courtesy; the condition on the ref decides.
type line struct {
	here   *semaphore.Weighted
	moving *semaphore.Weighted // held while the ref is moved: of two in one process the second is told at once
	rivals time.Time           // when the ref was last moved by another process
	lost   time.Time           // when a commit came too late last
	ends   func()              // the renewal of the claim; nil where there is no claim of this process
	row    time.Time           // when the first of its turns in a row began
	left   time.Time           // when the last one ended
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

// Turn implements cas.Queuer. Who has lost too often has its turn once all others wait, or the time for that is over.
func (s *Store) Turn(ctx context.Context, ref string) (done func(), held bool) {
	l := s.line(ref)
	waiting, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	if l.here.Acquire(waiting, 1) != nil {
		return func() {}, false
	}
	s.mu.Lock()
	rivals, loses := time.Since(l.rivals) < rivalry, time.Since(l.lost) < crowded
	s.mu.Unlock()
	switch {
	case loses:
		held = s.claim(waiting, ref, l)
	case rivals:
		s.bury(waiting, ref, s.awaitClaim(waiting, ref))
	}
	return func() {
		s.release(ctx, ref, l)
		l.here.Release(1)
	}, held
}

// claim puts a claim into the bucket, after those that are there or in place of one whose process has ended. It is false where that cannot be.
func (s *Store) claim(ctx context.Context, ref string, l *line) bool {
	s.rest(ctx, l)
	for {
		dead := s.awaitClaim(ctx, ref)
		t := newToken()
		etag, err := s.client.put(ctx, claimKey(ref), t[:], condition{match: dead, none: dead == ""})
		switch {
		case err == nil:
			s.mu.Lock()
			if time.Since(l.left) >= aBreak {
				l.row = time.Now()
			}
			l.ends = s.renewing(context.WithoutCancel(ctx), claimKey(ref), etag, maxTurn)
			s.mu.Unlock()
			return true
		case !errors.Is(err, errRefused) || !pause(ctx, claimPause): // else another was faster
			return false
		}
	}
}

// rest waits after turns in a row: who has just let go of a claim finds at once that there is none, before all others do.
func (s *Store) rest(ctx context.Context, l *line) {
	s.mu.Lock()
	left := aBreak - time.Since(l.left)
	enough := l.left.Sub(l.row) >= aRow
	s.mu.Unlock()
	if !enough || left <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(left):
	}
}

// renewing changes a claim now and then, for so long at most, so that others see that its process is there. end ends that.
func (s *Store) renewing(ctx context.Context, key, etag string, most time.Duration) (end func()) {
	ctx, cancel := context.WithTimeout(ctx, most)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for err := error(nil); err == nil && pause(ctx, claimAge/3); {
			t := newToken()
			etag, err = s.client.put(ctx, key, t[:], condition{match: etag})
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// pause waits about so long. It is false when the context has ended.
func pause(ctx context.Context, about time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(about/2 + rand.N(about)):
		return true
	}
}

// awaitClaim waits until there is no claim, or one that has not changed for so long that its process must have ended: its ETag is dead.
func (s *Store) awaitClaim(ctx context.Context, ref string) (dead string) {
	seen, since := "", time.Now()
	for {
		o, err := s.client.get(ctx, claimKey(ref), "")
		if err != nil {
			return ""
		}
		if o.etag != seen {
			seen, since = o.etag, time.Now()
		}
		if time.Since(since) > claimAge {
			return seen
		}
		if !pause(ctx, claimPause) {
			return ""
		}
	}
}

// bury removes a claim whose process has ended: it takes it over first, so that it cannot be one that another process has put in its place.
func (s *Store) bury(ctx context.Context, ref, dead string) {
	if dead == "" {
		return
	}
	t := newToken()
	if _, err := s.client.put(ctx, claimKey(ref), t[:], condition{match: dead}); err == nil {
		_ = s.client.remove(ctx, claimKey(ref))
	}
}

// rivalled notes that another process has moved a ref.
func (s *shared) rivalled(ref string) {
	l := s.line(ref)
	s.mu.Lock()
	defer s.mu.Unlock()
	l.rivals = time.Now()
}

// compare notes when a commit came too late. If that happens while others should wait, somebody does not know that he is not alone, and is told.
func (s *Store) compare(ctx context.Context, ref string, err error) {
	if !errors.Is(err, cas.ErrConflict) {
		return
	}
	l := s.line(ref)
	s.mu.Lock()
	l.lost = time.Now()
	claimed := l.ends != nil
	s.mu.Unlock()
	if claimed {
		s.touch(ctx, ref)
	}
}

// touch puts a ref object that points where the ref pointed before. Whoever moves the ref next has to read it for that, so that he notes that there are others.
func (s *Store) touch(ctx context.Context, ref string) {
	if o, err := s.readRef(ctx, ref); err == nil && o.target().Defined() {
		_ = s.commitIn(ctx, s.now(), nil, ref, o.target(), o.target())
	}
}

// release takes a claim back.
func (s *Store) release(ctx context.Context, ref string, l *line) {
	s.mu.Lock()
	end := l.ends
	l.ends = nil
	s.mu.Unlock()
	if end == nil {
		return
	}
	end()
	s.takeBack(ctx, claimKey(ref))
	s.mu.Lock()
	l.left = time.Now()
	s.mu.Unlock()
}

// takeBack removes a claim of this process. If it stays, others wait for claimAge.
func (s *Store) takeBack(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.client.remove(ctx, key)
}
