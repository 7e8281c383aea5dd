//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package filelock

import (
	"errors"
	"os"
)

// Lock refuses: without file locks a store can only be read.
func Lock(f *os.File, _ bool) (bool, error) {
	return false, &os.PathError{Op: "lock", Path: f.Name(), Err: errors.ErrUnsupported}
}

// Share refuses as Lock does.
func Share(f *os.File) (bool, error) { return Lock(f, false) }

// Unlock lets go of a lock.
func Unlock(*os.File) error { return nil }
