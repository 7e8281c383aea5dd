//go:build js && wasm

package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cashttp"
	"github.com/dhfs/dhfs/cas/casidb"
)

// How long a follower waits before it asks again: a server that failed, at first and at most, and one that tells of its moves, in case that was lost.
const (
	askSoon = time.Second
	askLate = 10 * time.Second
	askIdle = time.Minute
)

// following is how things are with a server that is followed.
type following struct {
	State string `json:"state"` // "synced", "pending" where there is no token, "conflict", "offline", "failed", removed
	exchanged
	Error *fault `json:"error,omitempty"`
}

// removed is the state in which a follower ends: whoever removed the database does not want it back.
const removed = "removed"

func (f following) well() bool { return f.Error == nil }

// follow exchanges with a server whenever something moves there or here, until ctx ends. It returns when it has begun.
func (a *app) follow(ctx context.Context, x exchanging, tell func(any)) (any, error) {
	x.Branch = cmp.Or(x.Branch, "main")
	if err := x.check(); err != nil {
		return nil, err
	}
	far, err := cashttp.Open(x.URL, cashttp.Options{Token: x.Token})
	if err != nil {
		return nil, err
	}
	f := follower{app: a, far: far, x: x, tell: tell, moved: make(chan struct{}, 1)}
	go func() {
		defer far.Close()
		f.run(ctx)
	}()
	return nil, nil
}

// follower is one that is under way.
type follower struct {
	*app
	far         *cashttp.Client
	x           exchanging
	tell        func(any)
	moved       chan struct{}
	there, here bool // it is told of what moves there, and here
	last        following
}

func (f *follower) run(ctx context.Context) {
	wait := askSoon
	for ctx.Err() == nil {
		now := f.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if f.news(now) {
			f.tell(now)
		}
		if now.State == removed {
			return
		}
		f.last = now
		f.listen(ctx)
		switch {
		case !now.well():
			wait = min(2*wait, askLate)
		case f.there && f.here:
			wait = askIdle
		default:
			wait = askSoon
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-f.moved:
			wait = askSoon
		case <-timer.C:
		}
		timer.Stop()
	}
}

// once exchanges, and says how that went.
func (f *follower) once(ctx context.Context) following {
	done, err := f.exchangeWith(ctx, f.far, f.x, func(any) {})
	now := following{State: "synced", exchanged: done}
	var gone *casidb.RemovedError
	switch {
	case errors.As(err, &gone):
		f.close(gone.Store)
		now.State = removed
	case errors.Is(err, cas.ErrUnavailable):
		now.State = "offline"
	case err != nil:
		now.State = "failed"
	case len(done.Conflicts) > 0:
		now.State = "conflict"
	case done.Pending > 0:
		now.State = "pending"
	}
	if err == nil {
		return now
	}
	e := faultOf(err)
	now.Error = &e
	if o, err := f.open(ctx, f.x.Name); err == nil {
		if ours, _, all, err := waiting(ctx, o.store, f.x.Branch); err == nil && ours.ID.Defined() {
			now.Head, now.Pending = ours.ID.String(), len(all)
		}
	}
	return now
}

// news tells whether a page has to know.
func (f *follower) news(now following) bool {
	was := f.last
	return now.State != was.State || now.Head != was.Head || now.Pending != was.Pending || now.Sent > 0 || len(now.Conflicts) != len(was.Conflicts) ||
		now.Error != nil && (was.Error == nil || now.Error.Message != was.Error.Message)
}

// listen has both sides tell of what moves, as soon as they can.
func (f *follower) listen(ctx context.Context) {
	if !f.here {
		if o, err := f.open(ctx, f.x.Name); err == nil {
			f.here = o.store.Notify(ctx, f.moved) == nil
			f.x.had = true
		}
	}
	if !f.there {
		f.there = f.far.Notify(ctx, f.moved) == nil
	}
}
