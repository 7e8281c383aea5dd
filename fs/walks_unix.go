//go:build linux || darwin

package fs

import (
	"runtime"
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
	thread   uint32
	since    time.Time // the beginning of the window
	n        int       // look-ups in it
	hot      time.Time // when the last answer was believed
	believes map[linkKey]func()
}

// linkKey is a name in the directory that has a number.
type linkKey struct {
	parent uint64
	name   string
}

const (
	// burst is how many look-ups of moving links in one window mean a walk: more
	// than a program makes that starts others, or that waits for a commit.
	burst  = 16
	window = 5 * time.Millisecond

	// moment is how long the kernel believes an answer, from when the program gets it, which may be late
	// on a busy machine. When the same thread asks again, that is over.
	moment = 5 * time.Millisecond
	// leaseTime is how long a lease lasts where it never asks again. It is less than a store's leases may last.
	leaseTime = 45 * time.Millisecond

	// A walk that was noticed a moment ago need not be proved as well again.
	burstAgain = 4
)

// glances counts a look-up and tells whether its answer may be believed. Where more than two threads walk at once,
// each may get its answers late, and none are believed; nor where a thread cannot be told from others: those of other PID
// namespaces have number 0, and macOS numbers processes.
func (w *walks) glances(thread uint32, link linkKey, now time.Time) bool {
	if thread == 0 || runtime.GOOS != "linux" {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.of(thread)
	if release := k.believes[link]; release != nil {
		release()
		delete(k.believes, link)
	}
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

// of is the walk of a thread. What the one believed whose place it takes ends with its lease.
func (w *walks) of(thread uint32) *walk {
	if w.walks[0].thread != thread {
		w.walks[0], w.walks[1] = w.walks[1], w.walks[0]
	}
	if w.walks[0].thread != thread {
		w.walks[0] = walk{thread: thread, believes: map[linkKey]func(){}}
	}
	return &w.walks[0]
}

// believes notes the lease of what a thread is told of a link.
func (w *walks) believes(thread uint32, link linkKey, release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of(thread).believes[link] = release
	time.AfterFunc(leaseTime, release)
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

// believe tells for how long a thread may believe what it is now to be told of a link in d: not at all, as a rule.
// It is called before the link is looked up; what it returns is called after.
func (r *raw) believe(d Dir, thread uint32, link linkKey) func() time.Duration {
	l, ok := d.(leaser)
	if !ok || !r.walks.glances(thread, link, time.Now()) {
		return never
	}
	start := time.Now()
	release, ok := l.lease()
	if !ok {
		return never
	}
	r.walks.believes(thread, link, release)
	return func() time.Duration {
		if time.Since(start) > moment {
			return 0 // too much of the lease is gone
		}
		return moment
	}
}

func never() time.Duration { return 0 }
