//go:build !unix && !windows

package casfile

import (
	"io/fs"
	"os"
)

func openShared(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, 0o666) }

func replace(from, to string) error { return os.Rename(from, to) }

func syncDir(string) error { return nil }

// fileNumber is not known here: damage to the last record is taken for a torn append.
func fileNumber(fs.FileInfo) uint64 { return 0 }
