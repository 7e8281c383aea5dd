package casfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// openShared opens so that the file can be renamed while it is open, here or
// in another process: sealing the journal does that.
func openShared(path string, flag int) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	access := uint32(windows.GENERIC_READ)
	if flag&os.O_RDWR != 0 {
		access |= windows.GENERIC_WRITE
	}
	mode := uint32(windows.OPEN_EXISTING)
	switch {
	case flag&os.O_CREATE != 0 && flag&os.O_TRUNC != 0:
		mode = windows.CREATE_ALWAYS
	case flag&os.O_CREATE != 0:
		mode = windows.OPEN_ALWAYS
	}
	share := uint32(windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE)
	h, err := windows.CreateFile(name, access, share, nil, mode, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// replace is rename also where somebody has the old file open: that one first
// steps aside, and goes when it is closed.
func replace(from, to string) error {
	err := os.Rename(from, to)
	if err == nil || !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return err
	}
	aside := fmt.Sprintf("%s.%d.old", to, time.Now().UnixNano())
	if os.Rename(to, aside) != nil {
		return err
	}
	err = os.Rename(from, to)
	_ = os.Remove(aside)
	return err
}

// syncDir has nothing to do: NTFS writes names to its own journal, and a
// directory cannot be flushed.
func syncDir(string) error { return nil }

// fileNumber is not known here: damage to the last record is taken for a torn append.
func fileNumber(fs.FileInfo) uint64 { return 0 }
