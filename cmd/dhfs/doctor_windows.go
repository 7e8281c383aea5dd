package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// errReadOnlyDisk says that nobody can write there.
var errReadOnlyDisk error = windows.ERROR_WRITE_PROTECT

// canWrite tells why a file or directory cannot be written.
func canWrite(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o200 == 0 {
		err = &os.PathError{Op: "write", Path: path, Err: os.ErrPermission}
	}
	return err
}

// lockHeld tells whether another process holds the lock file, which then cannot be read.
func lockHeld(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	_, err = f.Read(make([]byte, 1))
	return err == windows.ERROR_LOCK_VIOLATION, nil
}

// freeSpace is how many bytes can still be written to the disk of path.
func freeSpace(path string) (free uint64, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return free, err
}
