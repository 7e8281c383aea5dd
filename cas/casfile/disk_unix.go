//go:build unix

package casfile

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func openShared(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, 0o666) }

func replace(from, to string) error { return os.Rename(from, to) }

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

func mapFile(f *os.File, size int) []byte {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil
	}
	return data
}

func unmap(data []byte) {
	if data != nil {
		_ = unix.Munmap(data) // fails only for what was not mapped
	}
}

// fileNumber is what the file system calls a file, the same as long as it is not written anew; 0 when that is not known.
func fileNumber(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
