// Package pins keeps the pins that an open store holds, where a pin counts for a while only and has to be renewed.
package pins

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Held are the pins of an open store, by name; T is what it takes to renew one. A goroutine renews them as long as there may be any: none
// runs before the first Hold and after ReleaseAll.
type Held[T any] struct {
	every time.Duration
	renew func(context.Context)
	drop  func(names []string)

	mu   sync.Mutex
	held map[string]T
	stop context.CancelFunc // of the renewal; nil when it does not run
	done chan struct{}      // closed when the renewal has ended
}

// New makes an empty Held. renew renews all pins, every so often; what fails is its own to try again the next time. drop tells the storage that
// pins have ended; where it fails they end by themselves.
func New[T any](every time.Duration, renew func(context.Context), drop func(names []string)) *Held[T] {
	return &Held[T]{every: every, renew: renew, drop: drop}
}

// Hold renews a pin from now on.
func (h *Held[T]) Hold(name string, what T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil {
		h.held = map[string]T{}
	}
	h.held[name] = what
	if h.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		h.stop, h.done = stop, make(chan struct{})
		go h.renewing(ctx, h.done)
	}
}

// Release ends a pin; it may be called more than once.
func (h *Held[T]) Release(name string) {
	h.mu.Lock()
	_, ok := h.held[name]
	delete(h.held, name)
	h.mu.Unlock()
	if ok {
		h.drop([]string{name})
	}
}

// ReleaseAll ends all pins and their renewal.
func (h *Held[T]) ReleaseAll() {
	h.mu.Lock()
	names := slices.Collect(maps.Keys(h.held))
	stop, done := h.stop, h.done
	h.held, h.stop = nil, nil
	h.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
	if len(names) > 0 {
		h.drop(names)
	}
}

// All are the pins that are held at this moment.
func (h *Held[T]) All() map[string]T {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.held)
}

// Has tells whether a pin is held still.
func (h *Held[T]) Has(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.held[name]
	return ok
}

func (h *Held[T]) renewing(ctx context.Context, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.renew(ctx)
		}
	}
}
