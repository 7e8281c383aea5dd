package cass3

import (
	"errors"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// lost is garbage in what mostlyLive makes: a node over the secret and something that is live.
var lost = castest.Node(77, secret.CID(), castest.Raw(3).CID())

// mostlyLive makes a store with a branch of 4 commits in a pack that has garbage too, which is less than half of it.
func mostlyLive(t testing.TB, url string) (head cid.Cid, live int) {
	t.Helper()
	s := create(t, url, Options{Alone: true})
	blocks := []cas.Block{secret, castest.Raw(3), lost}
	chain := castest.Chain(3, 4)
	var links []cid.Cid
	for i := range 40 {
		b := castest.Raw(uint64(100 + i))
		blocks, links = append(blocks, b), append(links, b.CID())
	}
	top := castest.Node(5, append(links, chain[3].CID(), castest.Raw(3).CID())...)
	blocks = append(append(blocks, chain...), top)
	if err := s.Commit(t.Context(), blocks, "heads/main", cid.Undef, top.CID()); err != nil {
		t.Fatal(err)
	}
	return top.CID(), len(blocks) - 2
}

func packsOf(t testing.TB, s *Store) map[string]bool {
	t.Helper()
	all, err := s.client.list(t.Context(), "packs/")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, o := range all {
		keys[o.key] = true
	}
	return keys
}

// A pack of which most is live stays as it is. Its garbage is there for nobody, until somebody stores it again, and in no byte after a thorough Collect.
func TestCollectHides(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, live := mostlyLive(t, url)
	s := again(t, url, Options{})
	before := packsOf(t, s)
	done, err := s.Collect(t.Context(), false, reachable(s))
	if err != nil || done.Blocks != 2 {
		t.Fatalf("%+v, %v; want 2 blocks", done, err)
	}
	after := packsOf(t, s)
	for key := range before {
		if len(after) != len(before) || !after[key] {
			t.Errorf("packs %v were written anew, as %v", before, after)
		}
	}
	gone := func(s *Store) {
		t.Helper()
		for _, b := range []cas.Block{secret, lost} {
			if _, err := s.Get(t.Context(), b.CID()); !errors.Is(err, cas.ErrNotFound) {
				t.Errorf("Get: %v", err)
			}
			if ok, err := s.Has(t.Context(), b.CID()); ok || err != nil {
				t.Errorf("Has: %v, %v", ok, err)
			}
		}
		if ok, err := s.HasMany(t.Context(), []cid.Cid{secret.CID(), lost.CID(), head}); err != nil || ok[0] || ok[1] || !ok[2] {
			t.Errorf("HasMany: %v, %v", ok, err)
		}
		wantWhole(t, s, "heads/main", head, live)
	}
	gone(s)
	gone(again(t, url, Options{}))
	if done, err := s.Collect(t.Context(), false, reachable(s)); err != nil || done != (cas.Collected{}) {
		t.Errorf("Collect again = %+v, %v", done, err)
	}

	// What is put again is there again, and a pack that takes this one in leaves out what is hidden.
	writer := again(t, url, Options{})
	b := castest.Node(9, head, lost.CID())
	if err := cas.Commit(t.Context(), writer.Begin(), []cas.Block{secret, lost, b}, "heads/main", head, b.CID()); err != nil {
		t.Fatal(err)
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", b.CID(), live+3)
	c := castest.Node(10, head)
	if err := cas.Commit(t.Context(), writer.Begin(), []cas.Block{c}, "heads/main", b.CID(), c.CID()); err != nil {
		t.Fatal(err)
	}
	head, live = c.CID(), live+1
	if _, err := writer.Collect(t.Context(), false, reachable(writer)); err != nil {
		t.Fatal(err)
	}
	gone(again(t, url, Options{}))
	last := again(t, url, Options{})
	if _, err := last.Collect(t.Context(), true, reachable(last)); err != nil {
		t.Fatal(err)
	}
	gone(last)
	if holds(t, last, secret.Data()) {
		t.Error("what was garbage is still in the bucket")
	}
}

// A pack of which less than half is live is written anew.
func TestCollectRewritesWhatIsMostlyGarbage(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	head, live := littered(t, url)
	s := create(t, url, Options{Alone: true})
	blocks := []cas.Block{castest.Node(1, head)}
	for i := range 100 {
		blocks = append(blocks, castest.Raw(uint64(5000+i)))
	}
	if err := s.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	before := packsOf(t, s)
	done, err := s.Collect(t.Context(), false, reachable(s))
	if err != nil || done.Blocks < 101 || done.Bytes < 100*64 {
		t.Fatalf("%+v, %v", done, err)
	}
	for key := range packsOf(t, s) {
		delete(before, key)
	}
	if len(before) == 0 {
		t.Error("no pack went")
	}
	wantWhole(t, again(t, url, Options{}), "heads/main", head, live)
}

func TestHiddenIsWrittenAndRead(t *testing.T) {
	g := &gcState{token: newToken(), epoch: 3, phase: gcRemoving, doomed: []packID{newPackID()}, hidden: hiddenIn(map[packID][]uint32{newPackID(): {16, 1 << 31, 90}, newPackID(): {7}})}
	read, ok := parseGC(object{data: g.encode()})
	if !ok || len(read.hidden) != 2 {
		t.Fatalf("%+v", read)
	}
	for id, offs := range g.hidden {
		for off := range offs {
			if _, ok := read.hidden[id][off]; !ok || len(read.hidden[id]) != len(offs) {
				t.Errorf("%v, want %v", read.hidden, g.hidden)
			}
		}
	}
	for _, h := range []hidden{nil, g.hidden} {
		withRoll := g.next(4, gcIdle, nil)
		withRoll.roll, withRoll.hidden = roll{3, newPackID()}, h
		if read, ok := parseGC(object{data: withRoll.encode()}); !ok || read.roll != withRoll.roll || len(read.hidden) != len(h) {
			t.Errorf("%+v, want %+v", read, withRoll)
		}
	}
	if old, ok := parseGC(object{data: (&gcState{epoch: 1}).encode()}); !ok || len(old.hidden) > 0 {
		t.Errorf("%+v, %v", old, ok)
	}
}
