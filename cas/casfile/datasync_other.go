//go:build !linux

package casfile

import "os"

func datasync(f *os.File) error { return f.Sync() }
