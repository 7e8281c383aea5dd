package datahike

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestVerify(t *testing.T) {
	for _, name := range stores {
		s, _ := realStore(t, name)
		v, err := s.Verify(context.Background(), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if v.Files < 13 || v.Nodes < 3 || v.Commits < 3 || v.Hashed != (name == "crypto") {
			t.Errorf("%s: verified %+v", name, v)
		}
	}
}

// copied is a real store as a map that can be damaged.
func copied(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	all := testStores(t)
	files := fstest.MapFS{}
	entries, err := fs.ReadDir(all, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := fs.ReadFile(all, name+"/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = &fstest.MapFile{Data: data}
	}
	return files
}

// Whatever byte of a store with hashes changes, it is found, and the file named.
func TestVerifyDamage(t *testing.T) {
	files := copied(t, "crypto")
	n := 0
	for name, f := range files {
		if n++; n%20 != 0 {
			continue
		}
		whole := f.Data
		for _, cut := range []int{0, 7, 19, len(whole) / 2, len(whole) - 1} {
			f.Data = whole[:cut]
			_, err := New(files, "store").Verify(context.Background(), nil)
			if !isCorrupt(err) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s cut off at %d of %d: %v", name, cut, len(whole), err)
			}
		}
		f.Data = whole
	}
	if n < 40 {
		t.Errorf("only %d files", n)
	}
}

// Another datom in a node is told by its hash alone.
func TestVerifyHash(t *testing.T) {
	files := copied(t, "crypto")
	done := 0
	for name, f := range files {
		at := strings.Index(string(f.Data), "James Cameron")
		if at < 0 {
			continue
		}
		done++
		whole := f.Data
		f.Data = []byte(strings.Replace(string(whole), "James Cameron", "James Camerun", 1))
		if _, err := New(files, "store").Verify(context.Background(), nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s with another name: %v", name, err)
		}
		f.Data = whole
	}
	if done < 3 {
		t.Errorf("only %d nodes have the name", done)
	}
}
