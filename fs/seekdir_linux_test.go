package fs_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// dirent is an entry as getdents64 gives it; off is where the next one begins.
type dirent struct {
	name string
	off  int64
}

// getdents reads one part of a directory.
func getdents(t *testing.T, fd, size int) (part []dirent) {
	t.Helper()
	buf := make([]byte, size)
	n, err := unix.Getdents(fd, buf)
	if err != nil {
		t.Fatal(err)
	}
	for rest := buf[:n]; len(rest) > 0; {
		length := binary.NativeEndian.Uint16(rest[16:])
		name, _, _ := bytes.Cut(rest[19:length], []byte{0})
		part = append(part, dirent{string(name), int64(binary.NativeEndian.Uint64(rest[8:]))})
		rest = rest[length:]
	}
	return part
}

// TestSeekdir comes back to every offset that a listing told, in a mount: what follows must
// be what followed then, in directories that are flat, that list pages and that are pages.
func TestSeekdir(t *testing.T) {
	const people = 3_000
	s := crowded(t, people, 0)
	for _, c := range []struct {
		page int
		dir  string
		want int
	}{
		{-1, "entities/person", people + 1},
		{0, "entities/person", 2}, // boss, user+
		{0, "entities/person/user+", 10},
		{0, "entities/person/user+/user1+/user10+", 111},
		{1, "entities/person/user+/user2+/user20+", 10},
		{1, "attributes", 3},
		{0, "attributes/person.name/.by", people + 1},
		{0, "attributes/person.age/.by/2", people / 3},
		{0, "entities/person/boss/.back/person.boss", people},
		{0, "entities/person/boss/.refs/friend", people},
		{0, "entities/person/user7", 4},
	} {
		t.Run(fmt.Sprint(c.page, c.dir), func(t *testing.T) {
			m := mount(t, s.paged(c.page))
			fd, err := unix.Open(filepath.Join(m.dir, "commits", s.ids[len(s.ids)-1], c.dir), unix.O_RDONLY|unix.O_DIRECTORY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			var all []dirent
			for part := getdents(t, fd, 4096); len(part) > 0; part = getdents(t, fd, 4096) {
				all = append(all, part...)
			}
			if len(all)-2 < c.want || len(all)-2 > c.want+1 {
				t.Fatalf("%d entries, want %d", len(all)-2, c.want)
			}
			// The last offset first: nothing may depend on what was asked before.
			for i := len(all) - 1; i >= 0; i -= 1 + len(all)/200 {
				if _, err := unix.Seek(fd, all[i].off, 0); err != nil {
					t.Fatal(err)
				}
				part := getdents(t, fd, 512)
				for j, e := range part {
					if e != all[i+1+j] {
						t.Fatalf("after %v comes %v, want %v", all[i], e, all[i+1+j])
					}
				}
				if len(part) == 0 && i < len(all)-1 {
					t.Fatalf("nothing comes after %v", all[i])
				}
			}
		})
	}
}

// TestCommitsInPages enters a commit by its name and in its page at once: a kernel gives a
// directory one parent, so that they must be two.
func TestCommitsInPages(t *testing.T) {
	s := peopleSample(t)
	for i := range 16 {
		s.tx(fmt.Sprintf(`[{:order/id 2 :order/total %dM}]`, i))
	}
	m := mount(t, s.paged(1))
	var id, paged string
	for _, p := range strings.Fields(m.sh("find commits/ -path '*+/bafy*' -not -name '*+' -prune")) {
		if id = filepath.Base(p); slices.Index(s.ids, id) > 2 {
			paged = p
			break
		}
	}
	if paged == "" {
		t.Fatal("no commit is in a page")
	}
	m.want(`
		top=$PWD
		cd commits/`+id+`/entities/person/ada*
		cat $top/`+paged+`/entities/person/ada@example.org/age age
		for i in 1 2 3; do ls $top/`+paged+`/entities/person/ada@example.org > /dev/null; /bin/pwd | grep -c "+/" || true; done
		cat $top/`+paged+`/.parents/1/entities/order/1/id
		diff -r $top/`+paged+`/ $top/commits/`+id+`/ && echo same
	`, "37\n37\n0\n0\n0\n1\nsame\n")
}
