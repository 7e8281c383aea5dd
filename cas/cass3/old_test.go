package cass3

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// Replaced packs are removed while another branch and other processes still count on them: all blocks are found.
func TestReplacedPacksGo(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	s := create(t, url, Options{})
	chain := castest.Chain(11, 180)
	old := cid.Undef
	var early *Store
	for i, b := range chain {
		if err := s.Commit(t.Context(), []cas.Block{castest.Raw(uint64(i)), b}, "heads/main", old, b.CID()); err != nil {
			t.Fatal(err)
		}
		old = b.CID()
		if i == 100 {
			if err := s.SetRef(t.Context(), "heads/fix", cid.Undef, old); err != nil {
				t.Fatal(err)
			}
			early = again(t, url, Options{})
			if _, err := early.Ref(t.Context(), "heads/main"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if all, err := s.client.list(t.Context(), "packs/"); err != nil || len(all) > maxPacks+maxOld {
		t.Errorf("%d packs, %v", len(all), err)
	}
	for name, reader := range map[string]*Store{"one that was open": early, "a new one": again(t, url, Options{})} {
		for i, b := range chain[:101] {
			for _, id := range []cid.Cid{b.CID(), castest.Raw(uint64(i)).CID()} {
				if _, err := reader.Get(t.Context(), id); err != nil {
					t.Fatalf("%s: block %d: %v", name, i, err)
				}
			}
		}
	}

	// The other branch goes on from packs that are gone.
	other := again(t, url, Options{})
	id, err := other.Ref(t.Context(), "heads/fix")
	if err != nil || id != chain[100].CID() {
		t.Fatal(id, err)
	}
	for i := range 100 {
		b := castest.Node(uint64(5000+i), id)
		if err := other.Commit(t.Context(), []cas.Block{b}, "heads/fix", id, b.CID()); err != nil {
			t.Fatal(err)
		}
		id = b.CID()
	}
	if n := len(other.seen("heads/fix").packs); n > 20 {
		t.Errorf("the branch lists %d packs", n)
	}
	last := again(t, url, Options{})
	n := 0
	for _, err := range last.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2*len(chain)+100 {
		t.Errorf("%d blocks, want %d", n, 2*len(chain)+100)
	}
	for _, head := range []cid.Cid{id, old} {
		if found, err := cas.Verify(t.Context(), last, []cid.Cid{head}, nil, nil); err != nil || len(found.Faults) > 0 {
			t.Error(err, found.Faults)
		}
	}
}
