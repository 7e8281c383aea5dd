package casfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// hookedDisk tells of files that are opened for writing, and counts the bytes that are read and written while a store holds its lock.
type hookedDisk struct {
	quickDisk
	opening func(path string) // nil for nothing
	s       *Store
	locked  atomic.Int64
}

type hookedFile struct {
	file
	d *hookedDisk
}

func (d *hookedDisk) open(path string, flag int) (file, error) {
	if flag != os.O_RDONLY && d.opening != nil {
		d.opening(path)
	}
	f, err := d.quickDisk.open(path, flag)
	if err != nil {
		return nil, err
	}
	return hookedFile{f, d}, nil
}

func (f hookedFile) ReadAt(b []byte, off int64) (int, error) {
	f.d.count(len(b))
	return f.file.ReadAt(b, off)
}

func (f hookedFile) WriteAt(b []byte, off int64) (int, error) {
	f.d.count(len(b))
	return f.file.WriteAt(b, off)
}

func (d *hookedDisk) count(n int) {
	if d.s != nil && len(d.s.turn) > 0 {
		d.locked.Add(int64(n))
	}
}

// TestCollectBesideWriters has another process write while it is asked what is live and while new files are made, so that garbage comes to be live again, and
// what is written has parts that are garbage. Nobody waits.
func TestCollectBesideWriters(t *testing.T) { inBothForms(t, collectBesideWriters) }

func collectBesideWriters(t *testing.T) {
	dir := newStore(t)
	l := littered(t, dir, quickDisk{})
	other, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	d := &hookedDisk{}
	s, err := openTiny(t, dir, d)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.limits.pack, other.limits.pack = 1<<20, 1<<20
	wrote := 0
	write := func() {
		start := time.Now()
		wrote++
		l.write(t, other, 2)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("a writer waited for %v", took)
		}
	}
	d.opening = func(path string) {
		if filepath.Base(filepath.Dir(path)) == "packs" && !strings.HasSuffix(path, "list.new") {
			write()
		}
	}
	asked := 0
	_, err = s.Collect(t.Context(), false, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if asked++; asked == 1 {
			write()
			return l.mark()(ctx, refs, pins)
		}
		d.opening = nil
		l.live = append(l.live[:len(l.live)-1:len(l.live)-1], l.dead[0], l.dead[1], l.dead[4], l.live[len(l.live)-1])
		l.dead = l.dead[:0]
		return l.mark()(ctx, refs, pins)
	})
	if err != nil {
		t.Fatal(err)
	}
	if asked != 2 || wrote < 2 {
		t.Errorf("asked %d times, written %d times", asked, wrote)
	}
	if n := l.holds(t, s); n != 0 {
		t.Errorf("%d blocks of garbage are left", n)
	}
	l.holds(t, other)
	l.tidy(t, s, "beside writers")
	l.goesOn(t, dir, "beside writers")
}

// twoOpen is a store with garbage, opened as two processes have it.
func twoOpen(t *testing.T) (dir string, l *litter, s, other *Store) {
	t.Helper()
	dir = newStore(t)
	l = littered(t, dir, quickDisk{})
	for _, to := range []**Store{&s, &other} {
		var err error
		if *to, err = openTiny(t, dir, quickDisk{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { (*to).Close() })
	}
	return dir, l, s, other
}

// TestCollectOfASealedJournal begins anew when the journal becomes a pack all the time, and in the end has writers wait.
func TestCollectOfASealedJournal(t *testing.T) {
	dir, l, s, other := twoOpen(t)
	asked, packs := 0, len(other.packs)
	_, err := s.Collect(t.Context(), true, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if asked++; asked <= preparations {
			for n := len(other.packs); len(other.packs) == n; {
				l.write(t, other, 1)
			}
		}
		return l.mark()(ctx, refs, pins)
	})
	if err != nil || asked != preparations+1 || len(other.packs) != packs+preparations {
		t.Fatalf("asked %d times, %d packs of %d: %v", asked, len(other.packs), packs, err)
	}
	if l.holds(t, s) != 0 {
		t.Error("garbage is left")
	}
	l.goesOn(t, dir, "sealed")
}

// TestCollectHoldsTheLockBriefly counts the bytes that are read and written while writers wait: they do not grow with the store.
func TestCollectHoldsTheLockBriefly(t *testing.T) {
	under := func(blocks int) int64 {
		dir := newStore(t)
		d := &hookedDisk{}
		s, err := open(t.Context(), dir, Options{}, d)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		all := randomBlocks(blocks, 1000)
		if err := s.Commit(t.Context(), all, "heads/main", cid.Undef, all[0].CID()); err != nil {
			t.Fatal(err)
		}
		dead := all[len(all)/2].CID()
		d.s = s
		done, err := s.Collect(t.Context(), false, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
			return func(id cid.Cid) bool { return id != dead }, nil
		})
		if err != nil || done.Blocks != 1 || len(s.dense) != 1 {
			t.Fatal(done, err, len(s.dense))
		}
		return d.locked.Load()
	}
	few, many := under(250), under(4000)
	t.Logf("%d bytes with 0.25 MB, %d with 4 MB", few, many)
	if most := few + 4000*12; many > most { // of what is new, the table of the dense pack is read
		t.Errorf("%d bytes are read and written while writers wait, where %d are with a 16th of the blocks; want at most %d", many, few, most)
	}
}

// TestCloseEndsCollect closes a store while garbage is removed from it: nothing is lost, and no file is left over.
func TestCloseEndsCollect(t *testing.T) {
	tiny.dense = 1
	t.Cleanup(func() { tiny.dense = 0 })
	dir := newStore(t)
	l := littered(t, dir, quickDisk{})
	d := &hookedDisk{}
	s, err := openTiny(t, dir, d)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(filepath.Join(dir, "packs"))
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	d.opening = func(path string) {
		if strings.HasSuffix(path, ".dense") {
			go func() { closed <- s.Close() }()
			<-s.life.Done()
		}
	}
	if _, err := s.Collect(t.Context(), false, l.mark()); err == nil {
		t.Error("a Collect came to its end in a store that was closed")
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadDir(filepath.Join(dir, "packs"))
	if err != nil || len(after) != len(before) {
		t.Errorf("%d files, and there were %d: %v", len(after), len(before), err)
	}
	l.goesOn(t, dir, "closed")
}

// TestSole lets one at a time do something, in whatever process.
func TestSole(t *testing.T) {
	dir := newStore(t)
	one, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	done, ok, _ := one.Sole(t.Context(), "tidy")
	if !ok {
		t.Fatal("nobody does it, and it cannot be begun")
	}
	for _, s := range []*Store{one, other} {
		if _, ok, _ := s.Sole(t.Context(), "tidy"); ok {
			t.Error("it is done twice")
		}
	}
	if else_, ok, _ := other.Sole(t.Context(), "else"); !ok {
		t.Error("something else cannot be done")
	} else {
		else_()
	}
	done()
	if done, ok, _ = other.Sole(t.Context(), "tidy"); !ok {
		t.Error("it cannot be done again")
	} else {
		done()
	}
}

// TestOneCollectAtATime has a second process wait for the first, and give up when its context ends.
func TestOneCollectAtATime(t *testing.T) {
	dir, l, s, other := twoOpen(t)
	asked := 0
	_, err := s.Collect(t.Context(), false, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		if asked++; asked == 1 {
			brief, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			if _, err := other.Collect(brief, false, l.mark()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a second process at the same time: %v", err)
			}
		}
		return l.mark()(ctx, refs, pins)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Collect(t.Context(), false, l.mark()); err != nil {
		t.Errorf("the second one afterwards: %v", err)
	}
	l.goesOn(t, dir, "one at a time")
}
