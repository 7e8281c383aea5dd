package casfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/dhfs/dhfs/cas/casfile"
	"golang.org/x/sys/unix"
)

// BenchmarkOpenGetCold is BenchmarkOpenGet with nothing of the store in memory.
func BenchmarkOpenGetCold(b *testing.B) {
	dir, some := large(b)
	i := 0
	for b.Loop() {
		b.StopTimer()
		evict(b, dir)
		b.StartTimer()
		s, err := casfile.Open(b.Context(), dir, casfile.Options{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Get(b.Context(), some[i%len(some)].CID()); err != nil {
			b.Fatal(err)
		}
		s.Close()
		i++
	}
}

// BenchmarkGetCold reads blocks all over a store of which nothing but the
// indexes is in memory.
func BenchmarkGetCold(b *testing.B) {
	dir, some := large(b)
	s := mustOpen(b, dir, casfile.Options{})
	i := 0
	for b.Loop() {
		if i%len(some) == 0 {
			b.StopTimer()
			evict(b, dir)
			b.StartTimer()
		}
		if _, err := s.Get(b.Context(), some[i%len(some)].CID()); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// evict asks the system to forget what it holds of the files in dir.
func evict(b *testing.B, dir string) {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Sync(); err != nil {
			return err
		}
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
	if err != nil {
		b.Fatal(err)
	}
}
