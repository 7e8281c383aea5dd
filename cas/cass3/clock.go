package cass3

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// Requests are signed with the time, and a server refuses those that are a quarter of an hour off. So it is noted what the time is there, which each answer says.

// maxSkew is by how much two clocks may differ before servers refuse what is signed.
const maxSkew = 15 * time.Minute

// clock notes by how much the clock of this machine is ahead of the server's.
type clock struct {
	http.RoundTripper
	ahead *atomic.Pointer[time.Duration]
}

func (c clock) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		if there, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
			ahead := time.Since(there).Truncate(time.Second)
			c.ahead.Store(&ahead)
		}
	}
	return answer, err
}

// ClockAhead is by how much the clock of this machine is ahead of the server's, as its last answer was dated; ok is false where none was. It is off by the second
// that the answer took.
func (s *Store) ClockAhead() (ahead time.Duration, ok bool) {
	if d := s.client.ahead.Load(); d != nil {
		return *d, true
	}
	return 0, false
}

// skewed tells whether the clocks differ by so much that the server refuses what is signed.
func (c *client) skewed() bool {
	d := c.ahead.Load()
	return d != nil && d.Abs() > maxSkew
}

// setClock is the line that mends it.
func (c *client) setClock() string {
	d := c.ahead.Load()
	if d == nil {
		return "set the clock of this machine: timedatectl set-ntp true"
	}
	side := "ahead of"
	if *d < 0 {
		side = "behind"
	}
	return fmt.Sprintf("set the clock of this machine, which is %s %s the server's: timedatectl set-ntp true", d.Abs(), side)
}
