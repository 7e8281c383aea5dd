//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package casfile

import (
	"errors"
	"os"
)

// flock refuses: without file locks a store can only be read.
func flock(f *os.File, _ bool) (bool, error) {
	return false, &os.PathError{Op: "lock", Path: f.Name(), Err: errors.ErrUnsupported}
}

func funlock(*os.File) error { return nil }
