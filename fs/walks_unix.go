//go:build linux || darwin

package fs

import (
	"sync"
	"time"

	"github.com/dhfs/dhfs/cas"
)

// walks notices programs that walk a large tree through a link that moves. They
// name head or at/… in every path, and asking where it points each time made
// diff -r of 10,000 entities 20,000 requests more. While one does so, and only
// then, the kernel may believe an answer for a moment. A lease of the store makes
// writers wait for the end of it, so that nobody who was told of a commit sees
// what was before.
type walks struct {
	mu    sync.Mutex
	walks [2]walk // the one that asked last is first
}

// walk is what one thread asked for.
type walk struct {
	thread uint32
	since  time.Time // the beginning of the window
	n      int       // look-ups in it
	hot    time.Time // when the last answer was believed
}

const (
	// burst is how many look-ups of moving links in one window mean a walk: more
	// than a program makes that starts others, or that waits for a commit.
	burst  = 16
	window = 5 * time.Millisecond

	// moment is how long the kernel believes an answer; it may round up to 10 ms. leaseTime is how long a lease lasts: the
	// rest is for a program that gets the processor late, and with it the answer.
	moment    = 5 * time.Millisecond
	leaseTime = 4 * moment

	// A walk that was noticed a moment ago need not be proved as well again.
	burstAgain = 4
)

// glances counts a look-up and tells whether its answer may be believed. Where more than two threads walk at once,
// one may get its answers late, and none are believed.
func (w *walks) glances(thread uint32, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.walks[0].thread != thread {
		w.walks[0], w.walks[1] = w.walks[1], w.walks[0]
		if w.walks[0].thread != thread {
			w.walks[0] = walk{thread: thread}
		}
	}
	k := &w.walks[0]
	if now.Sub(k.since) > window {
		k.since, k.n = now, 0
	}
	need := burst
	if now.Sub(k.hot) < 2*(window+moment) {
		need = burstAgain
	}
	if k.n++; k.n < need {
		return false
	}
	k.hot = now
	return true
}

// leaser is a directory of links that move.
type leaser interface {
	lease() (release func(), ok bool)
}

// lease keeps writers waiting while an answer is believed.
func (d *database) lease() (release func(), ok bool) { return cas.Lease(d.leases) }

func (d databaseDir) lease() (release func(), ok bool) { return d.db.lease() }
func (d refDir) lease() (release func(), ok bool)      { return d.db.lease() }
func (d atDir) lease() (release func(), ok bool)       { return d.db.lease() }

// believe tells for how long the kernel may believe what it is now to be told of a link in d: not at all, as a rule.
// It asks before the link is looked up; what it returns is asked after.
func (r *raw) believe(d Dir, thread uint32) func() time.Duration {
	l, ok := d.(leaser)
	if !ok || !r.walks.glances(thread, time.Now()) {
		return never
	}
	start := time.Now()
	release, ok := l.lease()
	if !ok {
		return never
	}
	time.AfterFunc(leaseTime, release)
	return func() time.Duration {
		if time.Since(start) > moment {
			return 0 // too much of the lease is gone
		}
		return moment
	}
}

func never() time.Duration { return 0 }
