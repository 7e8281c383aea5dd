package cashttp

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// lookEvery is how often a store is looked at that does not tell when refs move.
const lookEvery = time.Second

// events tells clients that refs were moved through this handler.
type events struct {
	mu   sync.Mutex
	next chan struct{} // closed by the next move
}

func (e *events) moved() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.next != nil {
		close(e.next)
		e.next = nil
	}
}

func (e *events) wait() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.next == nil {
		e.next = make(chan struct{})
	}
	return e.next
}

// getEvents tells of moves until the client goes. What is told is only that refs are other than before.
func (h *handler) getEvents(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	noticed := make(chan struct{}, 1)
	var tick <-chan time.Time
	n, ok := cas.As[cas.Notifier](h.store)
	if !ok || n.Notify(ctx, noticed) != nil {
		t := time.NewTicker(lookEvery)
		defer t.Stop()
		tick = t.C
	}
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	h.o.Observer.Watching(1)
	defer h.o.Observer.Watching(-1)
	last := ""
	for {
		own := h.events.wait()
		refs, err := h.store.Refs(ctx)
		if err != nil {
			return nil
		}
		if now := etagOf(indexOf(refs, nil)); now != last {
			if _, err := fmt.Fprintf(w, "%s\ndata: %s\n\n", movedLine, now); err != nil {
				return nil
			}
			last = now
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-own:
		case <-noticed:
		case <-tick:
		case <-alive.C:
			if _, err := fmt.Fprint(w, ": alive\n\n"); err != nil {
				return nil
			}
		}
	}
}
