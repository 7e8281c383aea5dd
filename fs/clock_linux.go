package fs

import (
	"time"

	"golang.org/x/sys/unix"
)

// fileClock is the clock of file systems, which stands still for some milliseconds. With a finer one, a result that
// changed would be newer than what a program made of it at once, and make would make it again.
func fileClock() time.Time {
	var at unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &at) != nil {
		return time.Now()
	}
	return time.Unix(at.Unix())
}
