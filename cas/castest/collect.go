package castest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// collecting is what the tests of cas.Collector need.
type collecting interface {
	cas.RefStore
	cas.Collector
}

var collectCases = []struct {
	name string
	test func(*testing.T, collecting)
}{
	{"Collect", testCollect},
	{"CollectNothing", testCollectNothing},
	{"CollectAgain", testCollectAgain},
	{"Pin", testPin},
	{"CollectWhileWriting", testCollectWhileWriting},
}

// keepAllBut keeps what is not in doomed.
func keepAllBut(doomed ...cas.Block) cas.Mark {
	ids := idsOf(doomed)
	return func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return !slices.Contains(ids, id) }, nil
	}
}

func collect(t testing.TB, s cas.Collector, thorough bool, mark cas.Mark, want int) {
	t.Helper()
	done, err := s.Collect(t.Context(), thorough, mark)
	if err != nil || done.Blocks != want {
		t.Fatalf("Collect = %+v, %v, want %d blocks", done, err, want)
	}
}

func testCollect(t *testing.T, s collecting) {
	blocks := Graph(5, 30)
	put(t, s, blocks...)
	setRef(t, s, "heads/main", cid.Undef, blocks[9].CID())
	doomed := slices.Clone(blocks[27:])
	var told []cas.Ref
	keep := keepAllBut(append(doomed, Raw(99))...)
	collect(t, s, false, func(ctx context.Context, refs []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		told = refs
		wantBlocks(t, s, blocks...) // it may read the store
		if len(pins) > 0 {
			t.Errorf("nothing is pinned, but %v", pins)
		}
		return keep(ctx, refs, pins)
	}, 3)
	if want := []cas.Ref{{Name: "heads/main", CID: blocks[9].CID()}}; !slices.Equal(told, want) {
		t.Errorf("told of the refs %v, want %v", told, want)
	}
	for _, b := range doomed {
		wantMissing(t, s, b.CID())
	}
	wantBlocks(t, s, blocks[:27]...)
	wantAll(t, s, blocks[:27]...)
	wantRef(t, s, "heads/main", blocks[9].CID())
	put(t, s, blocks...) // what was removed can come back
	wantBlocks(t, s, blocks...)
	wantAll(t, s, blocks...)
}

func testCollectNothing(t *testing.T, s collecting) {
	blocks := Graph(6, 20)
	put(t, s, blocks...)
	collect(t, s, false, keepAllBut(), 0)
	wantAll(t, s, blocks...)
	failed := errors.New("cannot tell")
	_, err := s.Collect(t.Context(), true, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(cid.Cid) bool { return false }, failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("Collect = %v, want the error of mark", err)
	}
	wantAll(t, s, blocks...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Collect(ctx, true, keepAllBut(blocks...)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Collect = %v", err)
	}
	wantAll(t, s, blocks...)
}

// testCollectAgain removes a little more each time, thoroughly every other time, while blocks and refs are added.
func testCollectAgain(t *testing.T, s collecting) {
	all := Graph(7, 400)
	put(t, s, all...)
	old := cid.Undef
	for round := range 12 {
		doomed := all[len(all)-30:]
		all = slices.Clone(all[:len(all)-30])
		collect(t, s, round%2 == 1, keepAllBut(doomed...), 30)
		wantAll(t, s, all...)
		wantBlocks(t, s, all...)
		wantRef(t, s, "heads/main", old)
		more := []cas.Block{bytesOf(uint64(1000+round), 3000), Node(uint64(7000 + round))}
		if err := cas.Commit(t.Context(), s, more, "heads/main", old, more[1].CID()); err != nil {
			t.Fatal(err)
		}
		old = more[1].CID()
		all = append(more, all...)
	}
	wantAll(t, s, all...)
}

func testPin(t *testing.T, s collecting) {
	a, b := Raw(1), Raw(2)
	put(t, s, a, b)
	if _, err := s.Pin(t.Context(), a.CID(), Raw(3).CID()); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("Pin of a block that is not there: %v", err)
	}
	wantPins(t, s)
	first, err := s.Pin(t.Context(), a.CID())
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Pin(t.Context(), b.CID(), a.CID())
	if err != nil {
		t.Fatal(err)
	}
	wantPins(t, s, a, b)
	first()
	wantPins(t, s, a, b)
	second()
	wantPins(t, s)
}

// wantPins checks what a Collect is told, and removes nothing.
func wantPins(t testing.TB, s cas.Collector, want ...cas.Block) {
	t.Helper()
	var told []cid.Cid
	collect(t, s, false, func(_ context.Context, _ []cas.Ref, pins []cid.Cid) (func(cid.Cid) bool, error) {
		told = pins
		return func(cid.Cid) bool { return true }, nil
	}, 0)
	byName := func(a, b cid.Cid) int { return slices.Compare(a.Bytes(), b.Bytes()) }
	told = slices.Compact(slices.SortedFunc(slices.Values(told), byName))
	if !slices.Equal(told, slices.SortedFunc(slices.Values(idsOf(want)), byName)) {
		t.Errorf("told of the pins %v, want %v", told, idsOf(want))
	}
}

// testCollectWhileWriting removes garbage between the first block of a writer and the move of its ref.
func testCollectWhileWriting(t *testing.T, s collecting) {
	early, last, other := Raw(1), Node(2, Raw(1).CID()), Raw(3)
	put(t, s, other)
	w := s.Begin()
	put(t, w, early)
	collect(t, s, false, keepAllBut(early), 1)
	wantConflict(t, cas.Commit(t.Context(), w, []cas.Block{last}, "heads/main", cid.Undef, last.CID()))
	wantConflict(t, w.SetRef(t.Context(), "heads/main", cid.Undef, other.CID()))
	wantRef(t, s, "heads/main", cid.Undef)
	wantMissing(t, s, last.CID())

	w = s.Begin()
	put(t, w, early)
	collect(t, s, true, keepAllBut(), 0) // nothing was removed, so nothing is in doubt
	if err := cas.Commit(t.Context(), w, []cas.Block{last}, "heads/main", cid.Undef, last.CID()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	wantRef(t, s, "heads/main", last.CID())
	wantAll(t, s, early, last, other)
}

// testCollectBeside removes garbage through one open store while another knows it to be there.
func testCollectBeside(t *testing.T, a collecting, beside Again) {
	b, ok := beside(t, a).(collecting)
	if !ok {
		t.Fatal("the store beside is no cas.Collector")
	}
	blocks := Graph(8, 60)
	put(t, a, blocks...)
	wantBlocks(t, b, blocks...)
	w := b.Begin()
	collect(t, a, false, keepAllBut(blocks[40:]...), 20)
	for _, gone := range blocks[40:] {
		wantMissing(t, a, gone.CID())
	}
	wantBlocks(t, b, blocks[:40]...)
	wantConflict(t, w.SetRef(t.Context(), "heads/main", cid.Undef, blocks[39].CID()))

	// A commit has all that it brings, although b may think that it is there.
	if err := cas.Commit(t.Context(), b, blocks, "heads/main", cid.Undef, blocks[59].CID()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	for _, s := range []collecting{a, b} {
		wantBlocks(t, s, blocks...)
		wantAll(t, s, blocks...)
		wantRef(t, s, "heads/main", blocks[59].CID())
	}
	unpin, err := b.Pin(t.Context(), blocks[3].CID())
	if err != nil {
		t.Fatal(err)
	}
	wantPins(t, a, blocks[3])
	unpin()
	wantPins(t, a)
}
