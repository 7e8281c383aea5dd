package cashttp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
)

const (
	// sessionEvery is how long the same session is named to clients.
	sessionEvery = 10 * time.Second
	// maxSessions is how many are known, the newest: six hours of them.
	maxSessions = 2160
)

// sessions are the store as it was begun at several times. Each answer names the newest; a writer goes on with the one that it was told first.
type sessions struct {
	store cas.RefStore

	mu    sync.Mutex
	all   map[string]cas.RefStore
	order []string
	since time.Time // of the newest
}

// current names the newest session, "" where the store has no need of any.
func (s *sessions) current() string {
	b, ok := cas.As[cas.Beginner](s.store)
	if !ok {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.order); n > 0 && time.Since(s.since) < sessionEvery {
		return s.order[n-1]
	}
	if s.all == nil {
		s.all = map[string]cas.RefStore{}
	}
	if len(s.order) == maxSessions {
		delete(s.all, s.order[0])
		s.order = s.order[1:]
	}
	id := rand.Text()
	s.all[id], s.order, s.since = b.Begin(), append(s.order, id), time.Now()
	return id
}

// of is the store as a request is to write to it.
func (s *sessions) of(r *http.Request) (cas.RefStore, error) {
	id := r.Header.Get(sessionHeader)
	if id == "" {
		return s.store, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if store, ok := s.all[id]; ok {
		return store, nil
	}
	return nil, fmt.Errorf("the server was started anew, or this took more than six hours: %w", cas.ErrConflict)
}

// told makes the next answer name a new session where one may have come to its end.
func (s *sessions) told(err error) error {
	if errors.Is(err, cas.ErrConflict) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.since = time.Time{}
	}
	return err
}
