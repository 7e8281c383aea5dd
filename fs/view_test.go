package fs_test

import (
	"flag"
	"fmt"
	iofs "io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestIsAFileSystem(t *testing.T) {
	s := peopleSample(t)
	ada := "commits/" + s.ids[2] + "/entities/person/ada@example.org/"
	if err := fstest.TestFS(s.tree(), ada+"name", "log.tsv", "README.md"); err != nil {
		t.Fatal(err)
	}
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update if that is meant\n--- got\n%s--- want\n%s", name, got, want)
	}
}

// listing shows a tree, of the commits only the newest: mode, size, time, path, and the content of small files.
func listing(t *testing.T, tree iofs.FS, s *sample) string {
	t.Helper()
	var out strings.Builder
	err := iofs.WalkDir(tree, ".", func(path string, d iofs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(path, "commits/") && !strings.HasPrefix(path, "commits/"+s.ids[len(s.ids)-1]) {
			return iofs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%s %5d %s %s", info.Mode(), info.Size(), info.ModTime().UTC().Format("15:04"), path)
		switch {
		case d.Type()&iofs.ModeSymlink != 0:
			target, err := iofs.ReadLink(tree, path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " -> %s", target)
		case d.Type().IsRegular() && info.Size() < 200 && strings.HasPrefix(path, "commits/"):
			data, err := iofs.ReadFile(tree, path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " %q", data)
		}
		out.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for i, id := range s.ids {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("<commit %d>", i+1))
	}
	return text
}

func TestListing(t *testing.T) {
	s := peopleSample(t)
	tree := s.tree()
	golden(t, "listing.txt", listing(t, tree, s))
}
