//go:build !unix && !windows

package casfile

import "os"

func openShared(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, 0o666) }

func replace(from, to string) error { return os.Rename(from, to) }

func syncDir(string) error { return nil }
