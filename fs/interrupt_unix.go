//go:build linux || darwin

package fs

import (
	"context"
	"sync"
	"time"
)

// grace is how long a request goes on after it was interrupted. Kernels pass
// every signal on, also those that a program handles and forgets; answering
// EINTR at once would make harmless signals break stat and open. A program
// that is to be killed waits no longer than this.
const grace = 500 * time.Millisecond

// request is the context of one FUSE request. It costs nothing until somebody
// waits for it.
type request struct {
	context.Context
	interrupted <-chan struct{} // closed by go-fuse
	finished    chan struct{}

	mu   sync.Mutex
	done chan struct{} // nil until asked for
	err  error
}

func newRequest(interrupted <-chan struct{}) *request {
	return &request{Context: context.Background(), interrupted: interrupted, finished: make(chan struct{})}
}

// Done is closed some time after the request was interrupted.
func (r *request) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == nil {
		r.done = make(chan struct{})
		go r.watch()
	}
	return r.done
}

func (r *request) watch() {
	select {
	case <-r.finished:
		return
	case <-r.interrupted:
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-r.finished:
	case <-late.C:
		r.mu.Lock()
		r.err = context.Canceled
		close(r.done)
		r.mu.Unlock()
	}
}

// Err is context.Canceled once Done is closed.
func (r *request) Err() error {
	select {
	case <-r.interrupted:
		r.Done()
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// finish ends the watch.
func (r *request) finish() { close(r.finished) }
