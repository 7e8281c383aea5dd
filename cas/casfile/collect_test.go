package casfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// litter is a store of several packs and a journal with live blocks in them and garbage, which are two chains: in each, a block
// links to the one before it.
type litter struct {
	live, dead []cas.Block
	n          int
}

// write adds to both chains, a commit each time. Live blocks are rare in some packs and common in others.
func (l *litter) write(t testing.TB, s *Store, commits int) {
	t.Helper()
	for range commits {
		var blocks []cas.Block
		for i := range 4 {
			if l.n++; i == 0 || l.n/40%2 == 0 && i < 3 {
				l.live = append(l.live, linked(l.live, l.n))
				blocks = append(blocks, l.live[len(l.live)-1])
			} else {
				l.dead = append(l.dead, linked(l.dead, l.n))
				blocks = append(blocks, l.dead[len(l.dead)-1])
			}
		}
		old, err := s.Ref(t.Context(), "heads/main")
		if err != nil && !errors.Is(err, cas.ErrNotFound) {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), blocks, "heads/main", old, l.live[len(l.live)-1].CID()); err != nil {
			t.Fatal(err)
		}
	}
}

// inBothForms runs a test with stores that gather what is live in dense packs, and with such that do not.
func inBothForms(t *testing.T, test func(*testing.T)) {
	for name, dense := range map[string]int64{"Records": 0, "Dense": 1} {
		t.Run(name, func(t *testing.T) {
			tiny.dense = dense
			t.Cleanup(func() { tiny.dense = 0 })
			test(t)
		})
	}
}

// linked is a block on top of a chain.
func linked(chain []cas.Block, n int) cas.Block {
	if len(chain) == 0 {
		return castest.Node(uint64(n))
	}
	top := chain[len(chain)-1].CID()
	return castest.Node(uint64(n), top, chain[max(len(chain)-3, 0)].CID(), chain[len(chain)/2].CID(), chain[0].CID(), top)
}

func (l *litter) mark() cas.Mark {
	keep := map[cid.Cid]bool{}
	for _, b := range l.live {
		keep[b.CID()] = true
	}
	return func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return keep[id] }, nil
	}
}

// holds checks a store in which garbage may be removed in part: what is live is there, and no block without what it links to.
func (l *litter) holds(t testing.TB, s *Store) (garbage int) {
	t.Helper()
	if err := holdsAll(t.Context(), s, l.live); err != nil {
		t.Fatal(err)
	}
	there := map[cid.Cid]int{}
	for id, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if there[id]++; there[id] > 1 {
			t.Fatalf("%s is listed twice", id)
		}
	}
	for i, b := range l.dead {
		if there[b.CID()] == 0 {
			continue
		}
		garbage++
		if i > 0 && there[l.dead[i-1].CID()] == 0 {
			t.Fatalf("garbage %d is there, what it links to is not", i)
		}
		if _, err := s.Get(t.Context(), b.CID()); err != nil {
			t.Fatalf("garbage that is listed: %v", err)
		}
	}
	if len(there) != len(l.live)+garbage {
		t.Fatalf("%d blocks, of which %d are live and %d garbage", len(there), len(l.live), garbage)
	}
	return garbage
}

// littered makes a store with litter, of which the first collection has removed a part.
func littered(t testing.TB, dir string, d disk) *litter {
	t.Helper()
	s, err := openTiny(t, dir, d)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l := &litter{}
	l.write(t, s, 11)
	if _, err := s.Collect(t.Context(), false, l.mark()); err != nil {
		t.Fatal(err)
	}
	if n := l.holds(t, s); n != 0 {
		t.Fatalf("%d blocks of garbage are left", n)
	}
	l.dead = nil // a new chain, since nothing of the old one is there
	l.write(t, s, 11)
	return l
}

// TestCollectFaults fails each operation of a collection on the disk in turn, in every way: the store is whole, the same process goes on,
// and the next collection removes the rest, files that nobody uses too.
func TestCollectFaults(t *testing.T) { inBothForms(t, collectFaults) }

func collectFaults(t *testing.T) {
	base := newStore(t)
	l := littered(t, base, quickDisk{})
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 1
			for collectWithFault(t, base, *l, n, f) {
				n++
			}
			if n < 100 {
				t.Errorf("the work took only %d operations", n)
			}
		})
	}
}

// collectWithFault is false when the work took less than n operations.
func collectWithFault(t *testing.T, base string, l litter, n int, f fault) bool {
	dir := filepath.Join(tempDir(t), "store")
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
		t.Fatal(err)
	}
	l.live, l.dead = slices.Clone(l.live), slices.Clone(l.dead)
	d := newFaultyDisk(n, f)
	if s, err := openTiny(t, dir, d); err == nil {
		_, err := s.Collect(t.Context(), n%2 == 0, l.mark())
		if err != nil && !errors.Is(err, f.err) {
			t.Fatalf("operation %d: %v does not tell of %v", n, err, f.err)
		}
		if d.met() && !f.dead {
			left := l.holds(t, s)
			if err == nil && left != 0 {
				t.Fatalf("operation %d: garbage is left", n)
			}
			l.dead = l.dead[:left] // the newest goes first
			l.write(t, s, 2)
		}
		s.Close()
	} else if !errors.Is(err, f.err) {
		t.Fatalf("operation %d: open: %v", n, err)
	}
	l.goesOn(t, dir, fmt.Sprintf("operation %d", n))
	return d.met()
}

// goesOn checks what the next process finds.
func (l *litter) goesOn(t testing.TB, dir, when string) {
	t.Helper()
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer s.Close()
	l.dead = l.dead[:l.holds(t, s)] // the newest goes first
	l.write(t, s, 2)
	l.holds(t, s)
	if _, err := s.Collect(t.Context(), false, l.mark()); err != nil {
		t.Fatalf("%s: the next collection: %v", when, err)
	}
	if l.holds(t, s) != 0 {
		t.Fatalf("%s: garbage is left", when)
	}
	l.tidy(t, s, when)
	s.Close()
	if s, err = openTiny(t, dir, quickDisk{}); err != nil {
		t.Fatalf("%s: once more: %v", when, err)
	}
	defer s.Close()
	l.holds(t, s)
}

// tidy checks that there is no file that nothing needs.
func (l *litter) tidy(t testing.TB, s *Store, when string) {
	t.Helper()
	names, err := os.ReadDir(filepath.Join(s.dir, "packs"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"list": true, "list.new": true}
	for _, p := range s.dense {
		used[filepath.Base(p.path)] = true
	}
	for _, p := range append(slices.Clone(s.packs), s.journal.pack) {
		used[filepath.Base(p.path)], used[filepath.Base(p.indexPath())] = true, true
		if p.names.hasGone() {
			used[filepath.Base(p.gonePath())] = true
		}
	}
	for _, e := range names {
		if !used[e.Name()] && !strings.HasSuffix(e.Name(), ".new") {
			t.Fatalf("%s: %s is left over", when, e.Name())
		}
	}
}

// TestCollectPowerFailure cuts the power after every number of operations of a collection.
func TestCollectPowerFailure(t *testing.T) { inBothForms(t, collectPowerFailure) }

func collectPowerFailure(t *testing.T) {
	for n := 1; ; n++ {
		dir, d := crashStore(t)
		l := littered(t, dir, d)
		one := session(d, n)
		if s, err := openTiny(t, dir, one); err == nil {
			_, _ = s.Collect(t.Context(), n%2 == 0, l.mark())
			s.Close()
		}
		for seed := range uint64(3) {
			again := &litter{live: slices.Clone(l.live), dead: slices.Clone(l.dead), n: l.n + 1000}
			again.goesOn(t, d.powerFailure(t, rand.New(rand.NewPCG(uint64(n), seed))), fmt.Sprintf("power failure at operation %d", n))
		}
		if !one.met() {
			if n < 60 {
				t.Errorf("the work took only %d operations", n)
			}
			return
		}
	}
}

// TestCollectLeavesNothing looks for garbage in all bytes of a store, and in what they are compressed from.
func TestCollectLeavesNothing(t *testing.T) { inBothForms(t, collectLeavesNothing) }

func collectLeavesNothing(t *testing.T) {
	dir := newStore(t)
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var live, dead []cas.Block
	for n := range 60 {
		secret := fmt.Sprintf("secret %d ", n)
		dead = append(dead, cas.NewBlock(cas.Raw, []byte(secret)), cas.NewBlock(cas.Raw, []byte(strings.Repeat(secret, 60+n))))
		live = append(live, block(2*n), block(2*n+1), block(1000+n))
		if err := s.Put(t.Context(), append(live[3*n:3*n+3:3*n+3], dead[2*n:]...)); err != nil {
			t.Fatal(err)
		}
	}
	l := litter{live: live}
	if _, err := s.Collect(t.Context(), false, l.mark()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collect(t.Context(), true, l.mark()); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("secret")) {
			t.Errorf("%s has a secret", e.Name())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for id, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if b, err := s.Get(t.Context(), id); err != nil || bytes.Contains(b.Data(), []byte("secret")) {
			t.Errorf("%s: %v %q", id, err, b.Data())
		}
	}
}

// TestCollectHides checks that a pack which is mostly live stays as it is, without its garbage, also when its index is lost.
func TestCollectHides(t *testing.T) {
	dir := newStore(t)
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	var blocks []cas.Block
	for n := 0; len(s.packs) < 3; n++ {
		blocks = append(blocks, block(2*n))
		if err := s.Put(t.Context(), blocks[n:]); err != nil {
			t.Fatal(err)
		}
	}
	l := litter{live: slices.Concat(blocks[:2], blocks[3:5], blocks[6:])}
	done, err := s.Collect(t.Context(), false, l.mark())
	if err != nil || done.Blocks != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	hidden := s.packs[0].names
	if hidden.pack != 0 || !hidden.hasGone() {
		t.Fatalf("the first pack is %+v", hidden)
	}
	idx, gone := s.packs[0].indexPath(), s.packs[0].gonePath()
	check := func(want error) {
		t.Helper()
		s, err := openTiny(t, dir, quickDisk{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if ok, err := s.Has(t.Context(), blocks[2].CID()); ok || (err == nil) != (want == nil) {
			t.Errorf("garbage: %v, %v, want %v", ok, err, want)
		}
		for _, b := range l.live {
			if _, err := s.Get(t.Context(), b.CID()); err != nil {
				t.Error(err)
			}
		}
	}
	s.Close()
	check(nil)
	if err := os.Remove(idx); err != nil {
		t.Fatal(err)
	}
	check(nil)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	s, err = openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var corrupt *cas.CorruptError
	if _, err := s.Collect(t.Context(), true, l.mark()); !errors.As(err, &corrupt) || corrupt.Path != gone {
		t.Errorf("a collection without the list of what is gone: %v", err)
	}
}

// TestCollectAmongReaders has stores that are open already read what is live while packs are written anew.
func TestCollectAmongReaders(t *testing.T) { inBothForms(t, collectAmongReaders) }

func collectAmongReaders(t *testing.T) {
	dir := newStore(t)
	l := littered(t, dir, quickDisk{})
	reader, err := open(t.Context(), dir, Options{ReadOnly: true}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	stop, failed := make(chan struct{}), make(chan error, 2)
	for range 2 {
		go func() { failed <- readUntil(reader, l.live[:len(l.live):len(l.live)], stop) }()
	}
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	more := litter{live: slices.Clone(l.live), dead: slices.Clone(l.dead), n: l.n}
	for round := range 10 {
		if _, err := s.Collect(t.Context(), round%2 == 0, more.mark()); err != nil {
			t.Fatal(err)
		}
		more.dead = nil
		more.write(t, s, 10)
	}
	close(stop)
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func readUntil(s *Store, blocks []cas.Block, stop <-chan struct{}) error {
	ctx := context.Background()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		if _, err := s.Get(ctx, blocks[n%len(blocks)].CID()); err != nil {
			return err
		}
		if n%50 != 0 {
			continue
		}
		listed := map[cid.Cid]bool{}
		for id, err := range s.All(ctx) {
			if err != nil {
				return err
			}
			listed[id] = true
		}
		for _, b := range blocks {
			if !listed[b.CID()] {
				return fmt.Errorf("%s is not listed", b.CID())
			}
		}
	}
}

// TestPinOfTheDead checks that a pin ends with its process.
func TestPinOfTheDead(t *testing.T) {
	dir := newStore(t)
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.MkdirAll(s.pinsDir(), 0o777); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(s.pinsDir(), "123")
	if err := os.WriteFile(stale, []byte("\n"+block(0).CID().String()+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = s.Collect(t.Context(), false, func(_ context.Context, _ []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if len(pins) > 0 {
			t.Errorf("a process that is dead pins %v", pins)
		}
		return func(cid.Cid) bool { return true }, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the pin is still there: %v", err)
	}
}
