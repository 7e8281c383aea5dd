package fs_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStatx is what the newest of the stat calls tells: what there is in full, and no time of birth.
func TestStatx(t *testing.T) {
	m := mount(t, peopleSample(t).tree())
	const ada = "head/entities/person/ada@example.org"
	for _, c := range []struct {
		path  string
		mode  uint16
		size  uint64
		links uint32
	}{
		{ada + "/age", unix.S_IFREG | 0o444, 3, 2},
		{ada, unix.S_IFDIR | 0o555, 0, 1},
		{"head/", unix.S_IFDIR | 0o555, 0, 1},
		{"head", unix.S_IFLNK | 0o777, 67, 1},
		{"query", unix.S_IFDIR | 0o755, 0, 1},
		{"log.tsv", unix.S_IFREG | 0o444, 0, 1},
	} {
		for _, flags := range []int{unix.AT_STATX_SYNC_AS_STAT, unix.AT_STATX_DONT_SYNC, unix.AT_STATX_FORCE_SYNC} {
			var x unix.Statx_t
			var s unix.Stat_t
			path := filepath.Join(m.dir, c.path)
			if c.path[len(c.path)-1] == '/' {
				path += "/"
			}
			if err := unix.Statx(unix.AT_FDCWD, path, flags|unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &x); err != nil {
				t.Fatal(err)
			}
			if err := unix.Lstat(path, &s); err != nil {
				t.Fatal(err)
			}
			if x.Mask&unix.STATX_BASIC_STATS != unix.STATX_BASIC_STATS || x.Mask&unix.STATX_BTIME != 0 {
				t.Errorf("%s: mask %x", c.path, x.Mask)
			}
			if x.Mode != c.mode || x.Nlink != c.links || c.size > 0 && x.Size != c.size {
				t.Errorf("%s: %o, %d links, %d bytes", c.path, x.Mode, x.Nlink, x.Size)
			}
			if x.Ino != s.Ino || uint64(x.Size) != uint64(s.Size) || x.Mtime.Sec != s.Mtim.Sec || int64(x.Mtime.Nsec) != s.Mtim.Nsec || x.Uid != uint32(os.Getuid()) || x.Blocks != (x.Size+511)/512 {
				t.Errorf("%s: %+v is not what lstat tells: %+v", c.path, x, s)
			}
		}
	}
}

// TestPread reads at any offset, through the page cache and past it.
func TestPread(t *testing.T) {
	s := peopleSample(t)
	s.tx(`[{:person/email "ada@example.org" :person/name "` + string(bytes.Repeat([]byte("0123456789"), 30_000)) + `"}]`)
	m := mount(t, s.tree())
	random := rand.New(rand.NewPCG(1, 2))
	for _, path := range []string{
		"head/entities/person/ada@example.org/name", "head/entities/person/ada@example.org/age", "head/entities/person/.json",
		"head/.history.edn", "head/.datoms.edn", "log.tsv", "README.md",
	} {
		whole, err := os.ReadFile(filepath.Join(m.dir, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, flags := range []int{0, unix.O_DIRECT} {
			fd, err := unix.Open(filepath.Join(m.dir, path), unix.O_RDONLY|flags, 0)
			if err != nil {
				t.Fatal(err)
			}
			for range 200 {
				from, n := random.IntN(len(whole)+100), 1+random.IntN(1<<random.IntN(19))
				part := make([]byte, n)
				got, err := unix.Pread(fd, part, int64(from))
				if want := whole[min(from, len(whole)):min(from+n, len(whole))]; err != nil || !bytes.Equal(part[:got], want) {
					t.Fatalf("%s: %d bytes from %d of %d: %d, %v", path, n, from, len(whole), got, err)
				}
			}
			unix.Close(fd)
		}
	}
}
