package casfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync skips the times of the file, which fsync would write too.
func datasync(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
	}
}
