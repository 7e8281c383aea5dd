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
	if n := b.written.Load() - written; n > 2 {
		t.Errorf("Put of what is there wrote %d bytes", n)
	}
}
