package casfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// tiny makes everything happen within a few commits.
var tiny = limits{pack: 2500, checkpoint: 900, append: 1200}

// tempDir is a directory in memory where that can be had: tests that make
// thousands of files take a tenth of the time there.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "casfile")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// newStore makes a store on a disk that does not wait.
func newStore(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(tempDir(t), "store")
	s, err := create(t.Context(), dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// openTiny opens a store that a test closes itself.
func openTiny(t testing.TB, dir string, d disk) (*Store, error) {
	s, err := open(t.Context(), dir, Options{}, d)
	if err == nil {
		s.limits = tiny
	}
	return s, err
}

// block makes the nth block: those with even numbers do not compress.
func block(n int) cas.Block {
	var data []byte
	if n%2 == 0 {
		data = make([]byte, 40+n*37%90)
		r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
		_, _ = r.Read(data)
	} else {
		data = bytes.Repeat([]byte{byte(n), byte(n >> 8), 'x'}, 200+n*37%100)
	}
	return cas.NewBlock(cas.Raw, data)
}

// randomBlocks do not compress.
func randomBlocks(n, size int) []cas.Block {
	blocks := make([]cas.Block, n)
	for i := range blocks {
		data := make([]byte, size)
		for j := range data {
			data[j] = byte(rand.Uint32())
		}
		blocks[i] = cas.NewBlock(cas.Raw, data)
	}
	return blocks
}

// holdsAll checks that blocks are there and main points at the last.
func holdsAll(ctx context.Context, s *Store, blocks []cas.Block) error {
	for _, b := range blocks {
		if _, err := s.Get(ctx, b.CID()); err != nil {
			return err
		}
	}
	main, err := s.Ref(ctx, "heads/main")
	if err == nil && main != blocks[len(blocks)-1].CID() {
		err = fmt.Errorf("main points at %s, which is not the last commit", main)
	}
	return err
}

// history is what a test was told: the blocks that must be there, and where
// main may point.
type history struct {
	n      int
	acked  []cas.Block
	refs   []cid.Cid // main points at one of these; only one when nothing failed
	failed error     // last
}

func newHistory() *history { return &history{refs: []cid.Cid{cid.Undef}} }

// step stores some new blocks, every other time together with a move of main.
func (h *history) step(t testing.TB, s *Store) {
	blocks := []cas.Block{block(h.n), block(h.n + 1), block(h.n + 2)}
	h.n += 3
	var err error
	if h.n%2 == 0 {
		err = s.Put(t.Context(), append(blocks, block(0)))
	} else {
		next := blocks[2].CID()
		var old cid.Cid
		if old, err = s.Ref(t.Context(), "heads/main"); err == nil || errors.Is(err, cas.ErrNotFound) {
			if err = s.Commit(t.Context(), blocks, "heads/main", old, next); err == nil {
				h.refs = []cid.Cid{next}
			} else {
				h.refs = append(h.refs, next)
			}
		}
	}
	if err == nil {
		h.acked = append(h.acked, blocks...)
		return
	}
	h.failed = err
}

// holds checks that a store has all that was acknowledged.
func (h *history) holds(t testing.TB, s *Store) {
	t.Helper()
	all := map[cid.Cid]int{}
	for id, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		all[id]++
	}
	for _, b := range h.acked {
		got, err := s.Get(t.Context(), b.CID())
		if err != nil {
			t.Fatalf("acknowledged, but: %v", err)
		}
		if string(got.Data()) != string(b.Data()) || all[b.CID()] != 1 {
			t.Fatalf("%s is listed %d times", b.CID(), all[b.CID()])
		}
	}
	id, err := s.Ref(t.Context(), "heads/main")
	if err != nil && !errors.Is(err, cas.ErrNotFound) {
		t.Fatalf("Ref: %v", err)
	}
	for _, may := range h.refs {
		if id == may {
			return
		}
	}
	t.Fatalf("main points at %v, none of the %d that it may point at", id, len(h.refs))
}

// TestEveryFault fails each operation on the disk in turn, in every way. What
// was acknowledged stays, nothing is called corrupt or not found that is there,
// and the store goes on.
func TestEveryFault(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 1
			for testFault(t, n, f) {
				n++
			}
			if n < 100 {
				t.Errorf("the work took only %d operations", n)
			}
		})
	}
}

// testFault is false when the work took less than n operations.
func testFault(t *testing.T, n int, f fault) bool {
	dir := newStore(t)
	d := newFaultyDisk(n, f)
	h := newHistory()
	work(t, h, dir, d)
	if h.failed != nil && !errors.Is(h.failed, f.err) {
		t.Fatalf("operation %d: %v does not tell of %v", n, h.failed, f.err)
	}

	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatalf("operation %d: %v", n, err)
	}
	defer s.Close()
	h.holds(t, s)
	before := len(h.acked)
	for range 4 {
		h.step(t, s)
	}
	if len(h.acked) != before+12 {
		t.Fatalf("operation %d: the next process cannot go on: %v", n, h.failed)
	}
	h.holds(t, s)
	return d.met()
}

// work opens a store and uses it, whatever fails.
func work(t *testing.T, h *history, dir string, d *faultyDisk) {
	s, err := openTiny(t, dir, d)
	if err != nil {
		if !errors.Is(err, d.fault.err) {
			t.Fatalf("open: %v", err)
		}
		return
	}
	defer s.Close()
	for range 9 {
		h.step(t, s)
	}
	if d.fault.dead {
		return
	}
	h.failedOnce(t, s)
	if d.met() {
		h.holds(t, s)
	}
}

// failedOnce checks that a passing fault was just that.
func (h *history) failedOnce(t *testing.T, s *Store) {
	before := len(h.acked)
	h.step(t, s)
	h.step(t, s)
	if len(h.acked) < before+3 {
		t.Fatalf("the store does not go on after a fault: %v", h.failed)
	}
}
