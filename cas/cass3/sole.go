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
func (s *Store) Sole(ctx context.Context, what string) (done func(), ok bool, err error) {
	key := "turns/!" + what // no ref has such a name
	o, err := s.client.get(ctx, key, "")
	when := condition{none: true}
	switch {
	case err == nil:
		if !s.dead(key, o.etag) {
			return nil, false, nil
		}
		when = condition{match: o.etag}
	case !errors.Is(err, errNoKey):
		return nil, false, err
	}
	t := newToken()
	etag, err := s.client.put(ctx, key, t[:], when)
	switch {
	case errors.Is(err, errRefused): // another was faster
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	end := s.renewing(context.WithoutCancel(ctx), key, etag, longest)
	return func() {
		end()
		s.takeBack(ctx, key)
	}, true, nil
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
