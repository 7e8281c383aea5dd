package fs_test

import (
	"context"
	iofs "io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/fs"
	"github.com/ipfs/go-cid"
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

// blocksRead counts how often each block is read from a store.
type blocksRead struct {
	cas.RefStore
	mu sync.Mutex
	n  map[cid.Cid]int
}

func (b *blocksRead) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b.mu.Lock()
	b.n[id]++
	b.mu.Unlock()
	return b.RefStore.Get(ctx, id)
}

func TestSmallFilesComeWithTheListing(t *testing.T) {
	const entities, files = 1000, 4000
	s := manySample(t, entities)
	blocks := &blocksRead{RefStore: s.store, n: map[cid.Cid]int{}}
	s.store = blocks
	tree := s.tree()
	m := mount(t, tree)
	dir := "commits/" + s.ids[1] + "/entities"
	m.want("grep -r zzz "+dir+" || true", "")
	total, n := m.reqs.take()
	t.Logf("grep -r of %d files: %d requests: %v; %d blocks", files, total, n, len(blocks.n))
	// The first directory is not stored, and one file of every 16th; else the kernel
	// asks for each listing and for its end.
	if n["READ"] > entities/16+20 || n["LOOKUP"] > entities/16+20 {
		t.Errorf("grep -r of %d files looks up %d and asks for the content of %d", files, n["LOOKUP"], n["READ"])
	}
	if total > 2*entities+2*entities/16+80 {
		t.Errorf("grep -r of %d directories makes %d requests", entities, total)
	}
	if len(blocks.n) > files/40 {
		t.Errorf("%d datoms are read from %d blocks", files, len(blocks.n))
	}
	for id, times := range blocks.n {
		// Commits are read when they are named, which is no part of the walk.
		if _, err := engine.ReadCommit(context.Background(), blocks.RefStore, id); err != nil && times > 1 {
			t.Errorf("block %v is read %d times", id, times)
		}
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

func TestNamesAloneAreListedByName(t *testing.T) {
	const entities, files = 200, 800
	s := manySample(t, entities)
	m := mount(t, s.tree())
	dir := "commits/" + s.ids[1] + "/entities/person"
	m.want("find "+dir+" -type f | wc -l", "800\n")
	m.reqs.take()
	m.sh("ls -l " + dir + "/p00000@example.org")
	if _, n := m.reqs.take(); n["LOOKUP"] != files/entities {
		t.Errorf("after find, the kernel asks for %d of %d files: find was given the attributes of the others", n["LOOKUP"], files/entities)
	}
	if listed, found := m.sh("cd "+dir+"; ls -i p00007@example.org"), m.sh("cd "+dir+"/p00007@example.org; stat -c '%i %n' *"); listed != found {
		t.Errorf("a listing has inodes\n%sstat has\n%s", listed, found)
	}
}

func TestUniqueInodesAreListedByName(t *testing.T) {
	s := manySample(t, 1)
	m := mount(t, fs.New([]fs.Database{{Store: s.store}}, fs.Options{Inodes: "unique"}))
	dir := "commits/" + s.ids[1] + "/entities/person/p00000@example.org"
	if listed, found := m.sh("cd "+dir+"; ls -i"), m.sh("cd "+dir+"; stat -c '%i %n' *"); listed != found {
		t.Errorf("a listing has inodes\n%sstat has\n%s", listed, found)
	}
}

// What was listed for find or ls, and is kept by the kernel, is listed anew for
// programs that want more of it.
func TestKeptListingsAreMadeAnew(t *testing.T) {
	const entities, files = 1000, 4000
	for _, c := range []struct{ before, op string }{{"find", "LOOKUP"}, {"ls -lR", "READ"}} {
		s := manySample(t, entities)
		m := mount(t, s.tree())
		dir := "commits/" + s.ids[1] + "/entities"
		m.sh(c.before + " " + dir + " >/dev/null")
		m.reqs.take()
		m.sh("! grep -r zzz " + dir)
		total, n := m.reqs.take()
		t.Logf("grep -r of %d files after %s: %d requests: %v", files, c.before, total, n)
		if n[c.op] > files/4 {
			t.Errorf("grep -r of %d files after %s makes %d requests %s", files, c.before, n[c.op], c.op)
		}
	}
}
