//go:build !unix

package casfile

import "os"

// mapFile says that there is no mapping: the index is read a bucket at a time.
// On Windows a mapped file could not be replaced.
func mapFile(*os.File, int) []byte { return nil }

func unmap([]byte) {}
