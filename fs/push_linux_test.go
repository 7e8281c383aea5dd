package fs_test

import (
	iofs "io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/dhfs/dhfs/fs"
)

// export writes what the view shows below dir into a directory, without a mount.
func export(t *testing.T, tree *fs.Tree, dir string) string {
	t.Helper()
	sub, err := iofs.Sub(tree, dir)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(out, sub); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSmallFilesComeWithTheListing(t *testing.T) {
	s := manySample(t, 1000)
	tree := s.tree()
	m := mount(t, tree)
	dir := "commits/" + s.ids[1] + "/entities"
	m.want("grep -r zzz "+dir+" || true", "")
	total, n := m.reqs.take()
	t.Logf("grep -r of 4,000 files: %d requests: %v", total, n)
	if n["READ"] > 600 {
		t.Errorf("grep -r of 4,000 files asks for the content of %d", n["READ"])
	}
	m.want("diff -r "+dir+" "+export(t, tree, dir)+" && echo same", "same\n")
}

func TestListingsAloneStoreNothing(t *testing.T) {
	s := manySample(t, 200)
	m := mount(t, s.tree())
	dir := "commits/" + s.ids[1] + "/entities"
	m.sh("ls -lR " + dir)
	m.reqs.take()
	m.sh("cat " + dir + "/person/*/name >/dev/null")
	if _, n := m.reqs.take(); n["READ"] != 200 {
		t.Errorf("of 200 files the kernel asked for %d: the others were stored in vain", n["READ"])
	}
}
