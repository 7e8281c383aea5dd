package cashttp

import (
	"net/http"
	"strings"
	"time"
)

// Observer is told what a handler does, by many goroutines at once.
type Observer interface {
	// Answered is a request that has ended.
	Answered(Answered)
	// Blocks is how many blocks were sent to a client, or taken from one.
	Blocks(sent, taken int)
	// Watching is how many more wait for events than before, or fewer.
	Watching(change int)
	// Moved is a ref that moved through the handler.
	Moved()
}

// Answered is a request that has ended.
type Answered struct {
	Route          string // the first part of the path, as many; "other" where there is none such
	Status         int
	Took           time.Duration
	Received, Sent int64 // bytes of the bodies, as they were on the wire
}

// unobserved is for handlers that nobody observes.
type unobserved struct{}

func (unobserved) Answered(Answered) {}
func (unobserved) Blocks(int, int)   {}
func (unobserved) Watching(int)      {}
func (unobserved) Moved()            {}

// observe tells of a request at its end, however it ends. The names of routes are few, whatever is asked for: each becomes a time series.
func (h *handler) observe(p *patient, r *http.Request, began time.Time) {
	a := Answered{Route: "other", Status: p.status, Took: time.Since(began), Sent: p.sent}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if h.routes[r.Pattern] {
		_, path, _ := strings.Cut(r.Pattern, " /")
		a.Route, _, _ = strings.Cut(path, "/")
	}
	if p.body != nil {
		a.Received = p.body.received
	}
	h.o.Observer.Answered(a)
}

// moved tells that a ref was moved.
func (h *handler) moved() {
	h.events.moved()
	h.o.Observer.Moved()
}
