//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

// Package filelock has locks of files that end with their process, and lines of those who wait for one.
package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes the lock, waiting for it when wait is set; false says that
// somebody else has it.
func Lock(f *os.File, wait bool) (bool, error) {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
	return lock(f, how)
}

// Share takes the lock together with others who share it; false says that somebody has it alone.
func Share(f *os.File) (bool, error) { return lock(f, unix.LOCK_SH|unix.LOCK_NB) }

func lock(f *os.File, how int) (bool, error) {
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, &os.PathError{Op: "lock", Path: f.Name(), Err: err}
		}
	}
}

// Unlock lets go of a lock.
func Unlock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }
