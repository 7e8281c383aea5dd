//go:build linux || darwin

package fs

import (
	"sync"
	"time"
)

// walks notices programs that walk a large tree through a link that moves. They
// name head or at/… in every path, and asking where it points each time made
// diff -r of 10,000 entities 20,000 requests more. While one does so, and only
// then, the kernel may believe an answer for a moment.
type walks struct {
	mu    sync.Mutex
	since time.Time // the beginning of the window
	n     int       // look-ups in it
	hot   time.Time // when the last answer was believed
}

const (
	// burst is how many look-ups of moving links in one window mean a walk: more
	// than a program makes that starts others, or that waits for a commit.
	burst  = 16
	window = 5 * time.Millisecond
	moment = 5 * time.Millisecond

	// A walk that was noticed a moment ago need not be proved as well again.
	burstAgain = 4
)

// glance counts a look-up and tells how long its answer may be believed.
func (w *walks) glance(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.since) > window {
		w.since, w.n = now, 0
	}
	need := burst
	if now.Sub(w.hot) < 2*(window+moment) {
		need = burstAgain
	}
	if w.n++; w.n < need {
		return 0
	}
	w.hot = now
	return moment
}
