//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package casfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// flock takes the lock, waiting for it when wait is set; false says that
// somebody else has it.
func flock(f *os.File, wait bool) (bool, error) {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
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

func funlock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }
