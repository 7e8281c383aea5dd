package cascache_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cascache"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

func open(t testing.TB, dir string, limit int64) *cascache.Cache {
	t.Helper()
	c, err := cascache.Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A store behind a cache is a store like any other, its neighbour too that shares the cache.
func TestStore(t *testing.T) {
	castest.Run(t, func(t testing.TB) cas.RefStore {
		return open(t, t.TempDir(), 0).Over(cas.NewMemory(), "x")
	}, castest.Beside(func(t testing.TB, s cas.RefStore) cas.RefStore {
		return open(t, t.TempDir(), 0).Over(s.(*cascache.Store).Unwrap(), "x")
	}))
}

// files are the blocks of a cache by their names.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, "blocks"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found[d.Name()] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantBlock(t testing.TB, s cas.Getter, want cas.Block) {
	t.Helper()
	got, err := s.Get(t.Context(), want.CID())
	if err != nil || string(got.Data()) != string(want.Data()) {
		t.Errorf("got %v, %v, want %v", got.CID(), err, want.CID())
	}
}

func filled(t testing.TB, n int) (*castest.Counting, []cas.Block) {
	t.Helper()
	blocks := castest.Graph(1, n)
	m := cas.NewMemory()
	if err := m.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	return castest.NewCounting(m), blocks
}

// What was read once is read from the directory, also by another process, and one at a time or many at once.
func TestReadOnce(t *testing.T) {
	far, blocks := filled(t, 100)
	dir := t.TempDir()
	read := func(s *cascache.Store) (cached int64) {
		var n atomic.Int64
		ctx := cas.CountCached(t.Context(), &n)
		for _, b := range blocks[:50] {
			wantBlock(t, s, b)
			if _, err := s.Get(ctx, b.CID()); err != nil {
				t.Error(err)
			}
		}
		var ids []cid.Cid
		for _, b := range blocks[25:] {
			ids = append(ids, b.CID())
		}
		got := 0
		err := s.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
			if got++; err != nil || b.CID() != ids[i] {
				t.Errorf("block %d is %s, %v", i, b.CID(), err)
			}
		})
		if err != nil || got != len(ids) {
			t.Errorf("%d of %d blocks: %v", got, len(ids), err)
		}
		return n.Load()
	}
	if n := read(open(t, dir, 0).Over(far, "x")); n != 75 {
		t.Errorf("%d blocks came from the cache, want 75", n)
	}
	if n := far.Take(); n.Gets != 100 {
		t.Errorf("the first time: %s", n)
	}
	if n := read(open(t, dir, 0).Over(far, "x")); n != 125 {
		t.Errorf("%d blocks came from the cache, want 125", n)
	}
	if n := far.Take(); n.Gets != 0 {
		t.Errorf("the second time: %s", n)
	}
}

// A block that was damaged in the directory is fetched again.
func TestDamage(t *testing.T) {
	far, blocks := filled(t, 3)
	dir := t.TempDir()
	s := open(t, dir, 0).Over(far, "x")
	for _, b := range blocks {
		wantBlock(t, s, b)
	}
	for _, path := range files(t, dir) {
		if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	far.Take()
	for range 2 {
		for _, b := range blocks {
			wantBlock(t, s, b)
		}
	}
	if n := far.Take(); n.Gets != 3 {
		t.Errorf("after the damage: %s", n)
	}
}

// The directory stays within its limit, and what was used last stays.
func TestLimit(t *testing.T) {
	far, blocks := filled(t, 400)
	dir := t.TempDir()
	const limit = 100 * 4096
	c := open(t, dir, limit)
	s := c.Over(far, "x")
	old := time.Now().Add(-48 * time.Hour)
	for i, b := range blocks[1:] {
		wantBlock(t, s, b)
		wantBlock(t, s, blocks[0]) // used all the time
		if i%10 > 0 {
			continue
		}
		there := files(t, dir)
		if len(there) > 100+100/16+1 {
			t.Fatalf("%d files with a limit of 100", len(there))
		}
		for name, path := range there {
			if name == blocks[0].CID().String() {
				continue
			}
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, ok := files(t, dir)[blocks[0].CID().String()]; !ok {
		t.Error("what was used all the time is gone")
	}
	if err := c.Trim(); err != nil {
		t.Fatal(err)
	}
	n, bytes, err := c.Size()
	if err != nil || n > 100 || n < 50 || bytes > limit {
		t.Errorf("%d blocks of %d bytes: %v", n, bytes, err)
	}
	if err := c.Clear(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := c.Size(); n != 0 || err != nil {
		t.Errorf("%d blocks are left: %v", n, err)
	}
}

// Many processes write and trim at once, and none reads anything but blocks.
func TestShared(t *testing.T) {
	far, blocks := filled(t, 200)
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s := open(t, dir, 40*4096).Over(far, "x")
			for n := range 150 {
				wantBlock(t, s, blocks[(n*7+i*31)%len(blocks)])
			}
		})
	}
	all.Wait()
	for name, path := range files(t, dir) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		id, err := cid.Decode(name)
		if err != nil {
			t.Errorf("%s is left", name)
			continue
		}
		if _, err := cas.Check(id, data); err != nil {
			t.Error(err)
		}
	}
}

// Offline there is what was read, as of when the store was asked last.
func TestOffline(t *testing.T) {
	far, blocks := filled(t, 10)
	c := open(t, t.TempDir(), 0)
	if _, err := c.Offline("x"); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("of a store that was never asked: %v", err)
	}
	s := c.Over(far, "x")
	wantBlock(t, s, blocks[0])
	move := func(name string, old, next cid.Cid) {
		t.Helper()
		if err := s.SetRef(t.Context(), name, old, next); err != nil {
			t.Fatal(err)
		}
	}
	move("heads/main", cid.Undef, blocks[0].CID())
	move("heads/other", cid.Undef, blocks[0].CID())
	move("heads/other", blocks[0].CID(), cid.Undef)
	move("heads/main", blocks[0].CID(), blocks[1].CID())
	off, err := c.Offline("x")
	if err != nil {
		t.Fatal(err)
	}
	wantBlock(t, off, blocks[0])
	if _, err := off.Get(t.Context(), blocks[1].CID()); !errors.Is(err, cas.ErrUnavailable) || errors.Is(err, cas.ErrNotFound) {
		t.Errorf("a block that is not in the cache: %v", err)
	}
	refs, err := off.Refs(t.Context())
	if err != nil || len(refs) != 1 || refs[0] != (cas.Ref{Name: "heads/main", CID: blocks[1].CID()}) {
		t.Errorf("refs %v, %v", refs, err)
	}
	if _, err := off.Ref(t.Context(), "heads/other"); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("a ref that is not there: %v", err)
	}
	if err := off.Put(t.Context(), blocks); !errors.Is(err, cas.ErrUnavailable) {
		t.Errorf("Put: %v", err)
	}
	if err := off.SetRef(t.Context(), "heads/main", blocks[1].CID(), blocks[0].CID()); !errors.Is(err, cas.ErrUnavailable) {
		t.Errorf("SetRef: %v", err)
	}
	if _, err := far.Refs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Refs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if off, err = c.Offline("x"); err != nil {
		t.Fatal(err)
	}
	if id, err := off.Ref(t.Context(), "heads/main"); id != blocks[1].CID() || err != nil {
		t.Errorf("heads/main is %v, %v", id, err)
	}
}
