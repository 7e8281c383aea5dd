package cass3

import (
	"context"
	"errors"
	"time"
)

// watched is a claim as it was first seen.
type watched struct {
	etag  string
	since time.Time
}

// Sole implements cas.Soloist: by a claim as those of turns, for which nobody waits.
func (s *Store) Sole(ctx context.Context, what string) (done func(), ok bool) {
	key := "turns/!" + what // no ref has such a name
	o, err := s.client.get(ctx, key, "")
	when := condition{none: true}
	switch {
	case err == nil:
		if !s.dead(key, o.etag) {
			return nil, false
		}
		when = condition{match: o.etag}
	case !errors.Is(err, errNoKey):
		return nil, false
	}
	t := newToken()
	etag, err := s.client.put(ctx, key, t[:], when)
	if err != nil {
		return nil, false
	}
	end := s.renewing(context.WithoutCancel(ctx), key, etag, longest)
	return func() {
		end()
		s.takeBack(ctx, key)
	}, true
}

// dead tells whether a claim was seen so long ago for the first time that its process must have ended.
func (s *shared) dead(key, etag string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.watched[key]; w.etag == etag {
		return time.Since(w.since) > claimAge
	}
	if s.watched == nil {
		s.watched = map[string]watched{}
	}
	s.watched[key] = watched{etag, time.Now()}
	return false
}
