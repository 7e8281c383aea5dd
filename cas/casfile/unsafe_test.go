package casfile

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// hookDisk calls before each sync of a file.
type hookDisk struct {
	quickDisk
	before func() error
}

type hookFile struct {
	file
	d *hookDisk
}

func (d *hookDisk) open(path string, flag int) (file, error) {
	f, err := d.quickDisk.open(path, flag)
	if err != nil {
		return nil, err
	}
	return hookFile{f, d}, nil
}

func (f hookFile) sync() error {
	if f.d.before != nil {
		return f.d.before()
	}
	return nil
}

// TestTakenBack has one process see what another one wrote and then, since the
// fsync failed, took back, and wrote something else of the same length.
func TestTakenBack(t *testing.T) {
	dir := newStore(t)
	d := &hookDisk{}
	a, err := openTiny(t, dir, d)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()

	lost, kept := cas.NewBlock(cas.Raw, []byte("one")), cas.NewBlock(cas.Raw, []byte("two"))
	d.before = func() error {
		if id, err := b.Ref(t.Context(), "heads/main"); id != lost.CID() {
			t.Errorf("main = %v, %v", id, err)
		}
		return errFault
	}
	if err := a.Commit(t.Context(), []cas.Block{lost}, "heads/main", cid.Undef, lost.CID()); !errors.Is(err, errFault) {
		t.Fatalf("Commit: %v", err)
	}
	d.before = nil
	if err := a.Commit(t.Context(), []cas.Block{kept}, "heads/main", cid.Undef, kept.CID()); err != nil {
		t.Fatal(err)
	}
	if id, err := b.Ref(t.Context(), "heads/main"); id != kept.CID() {
		t.Errorf("main = %v, %v", id, err)
	}
	if _, err := b.Get(t.Context(), lost.CID()); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("Get of what was taken back: %v", err)
	}
	if err := b.Put(t.Context(), []cas.Block{lost}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{a, b} {
		for _, want := range []cas.Block{lost, kept} {
			if _, err := s.Get(t.Context(), want.CID()); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestPutOfUnsafeBlock puts a block that another process has written but not
// made durable yet: to say that it is stored would be too early.
func TestPutOfUnsafeBlock(t *testing.T) {
	dir := newStore(t)
	d := &hookDisk{}
	a, err := openTiny(t, dir, d)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()

	blocks := []cas.Block{block(1)}
	d.before = func() error {
		if ok, err := b.Has(t.Context(), blocks[0].CID()); !ok || err != nil {
			t.Errorf("Has = %v, %v", ok, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := b.Put(ctx, blocks); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Put before the fsync: %v", err)
		}
		return nil
	}
	if err := a.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	written := b.written.Load()
	if err := b.Put(t.Context(), blocks); err != nil {
		t.Error(err)
	}
	if n := b.written.Load() - written; n > 1+floorSize {
		t.Errorf("Put of what is there wrote %d bytes", n)
	}
}

// misreadDisk gives wrong bytes a few times, as a reader may get them when another
// process cuts off a torn end and writes something else there.
type misreadDisk struct {
	quickDisk
	off   int64 // of the read
	times int
}

type misreadFile struct {
	file
	d *misreadDisk
}

func (d *misreadDisk) open(path string, flag int) (file, error) {
	f, err := d.quickDisk.open(path, flag)
	if err != nil {
		return nil, err
	}
	return misreadFile{f, d}, nil
}

func (f misreadFile) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.file.ReadAt(b, off)
	if off == f.d.off && n > 100 && f.d.times > 0 {
		b[50] ^= 1
		f.d.times--
	}
	return n, err
}

// TestMisread does not take for damage what is there at another look.
func TestMisread(t *testing.T) {
	dir := newStore(t)
	a, err := open(t.Context(), dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	d := &misreadDisk{off: fileHead, times: 2}
	b, err := open(t.Context(), dir, Options{ReadOnly: true}, d)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	h := newHistory()
	for range 3 {
		h.step(t, a)
	}
	h.holds(t, b)
	if d.times > 0 {
		t.Error("it was not misread")
	}
}

// TestWalkReplaced refuses to go on behind a record that is no longer the one
// that was read.
func TestWalkReplaced(t *testing.T) {
	dir := newStore(t)
	s, err := open(t.Context(), dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := newHistory()
	h.step(t, s)
	m := s.journal.mark
	h.step(t, s)
	if got, err := walk(s.journal.f, "journal", s.journal.id, m, s.journal.size); err != nil || got.mark != s.journal.mark {
		t.Errorf("walk: %+v, %v", got.mark, err)
	}
	m.sum++
	if _, err := walk(s.journal.f, "journal", s.journal.id, m, s.journal.size); !errors.Is(err, errReplaced) {
		t.Errorf("walk: %v", err)
	}
}
