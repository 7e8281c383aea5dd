package castest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

func put(t testing.TB, s cas.Store, blocks ...cas.Block) {
	t.Helper()
	if err := s.Put(t.Context(), blocks); err != nil {
		t.Fatalf("Put of %d blocks: %v", len(blocks), err)
	}
}

// wantBlocks checks that Get and Has know every block.
func wantBlocks(t testing.TB, s cas.Store, blocks ...cas.Block) {
	t.Helper()
	for _, want := range blocks {
		got, err := s.Get(t.Context(), want.CID())
		switch {
		case err != nil:
			t.Errorf("Get: %v", err)
		case got.CID() != want.CID() || !bytes.Equal(got.Data(), want.Data()):
			t.Errorf("Get(%s) returned %s, %d bytes", want.CID(), got.CID(), len(got.Data()))
		}
		if ok, err := s.Has(t.Context(), want.CID()); !ok || err != nil {
			t.Errorf("Has(%s) = %v, %v", want.CID(), ok, err)
		}
	}
}

// wantMissing checks that Get and Has do not know id.
func wantMissing(t testing.TB, s cas.Store, id cid.Cid) {
	t.Helper()
	if _, err := s.Get(t.Context(), id); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("Get of an unknown block: error %v, want one that wraps ErrNotFound", err)
	}
	if ok, err := s.Has(t.Context(), id); ok || err != nil {
		t.Errorf("Has of an unknown block = %v, %v", ok, err)
	}
}

func setRef(t testing.TB, s cas.Refs, name string, old, next cid.Cid) {
	t.Helper()
	if err := s.SetRef(t.Context(), name, old, next); err != nil {
		t.Fatalf("SetRef(%s): %v", name, err)
	}
}

// wantRef checks where name points; cid.Undef means that there is no such ref.
func wantRef(t testing.TB, s cas.Refs, name string, want cid.Cid) {
	t.Helper()
	got, err := s.Ref(t.Context(), name)
	switch {
	case !want.Defined() && !errors.Is(err, cas.ErrNotFound):
		t.Errorf("Ref(%s) = %v, %v, want an error that wraps ErrNotFound", name, got, err)
	case want.Defined() && (err != nil || got != want):
		t.Errorf("Ref(%s) = %v, %v, want %s", name, got, err, want)
	}
}

// listed collects All.
func listed(ctx context.Context, s cas.Store) (map[cid.Cid]int, error) {
	times := map[cid.Cid]int{}
	for id, err := range s.All(ctx) {
		if err != nil {
			return nil, err
		}
		times[id]++
	}
	return times, nil
}

// wantAll checks that All lists exactly these blocks, each once.
func wantAll(t testing.TB, s cas.Store, blocks ...cas.Block) {
	t.Helper()
	times, err := listed(t.Context(), s)
	if err != nil {
		t.Fatalf("All: %v", err)
	}
	for _, b := range blocks {
		if times[b.CID()] != 1 {
			t.Errorf("All lists %s %d times", b.CID(), times[b.CID()])
		}
	}
	if len(times) != len(blocks) {
		t.Errorf("All lists %d blocks, want %d", len(times), len(blocks))
	}
}
