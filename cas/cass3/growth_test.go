package cass3

import (
	"context"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// What commits have added is told by the refs, to every process, until a Collect has removed garbage or found none.
func TestGrowth(t *testing.T) {
	t.Parallel()
	url := fakeURL(fake(t, nil))
	s := create(t, url, Options{Alone: true})
	const from = 5_000
	growth := func() (fresh, rest int64) {
		t.Helper()
		other := again(t, url, Options{})
		other.growFrom = from
		if _, err := other.Refs(t.Context()); err != nil {
			t.Fatal(err)
		}
		return other.Growth()
	}
	chain := castest.Chain(6, 80)
	commitChain(t, s, chain, func(i int) {
		if fresh, _ := growth(); fresh > 0 && fresh < from {
			t.Fatalf("after %d commits: %d", i+1, fresh)
		}
	})
	fresh, rest := growth()
	all, err := s.Totals(t.Context())
	if err != nil || fresh < from || fresh+rest > all.Disk {
		t.Fatalf("growth %d of %d; the bucket has %d, %v", fresh, rest, all.Disk, err)
	}
	s.growFrom = from
	if done, err := s.Collect(t.Context(), false, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(cid.Cid) bool { return true }, nil
	}); err != nil || done.Blocks > 0 {
		t.Fatal(done, err)
	}
	if fresh, _ := growth(); fresh != 0 {
		t.Errorf("after a Collect that found nothing: %d", fresh)
	}
	head := chain[len(chain)-1].CID()
	wantWhole(t, again(t, url, Options{}), "heads/main", head, -1)
	b := castest.Node(9, head)
	if err := s.Commit(t.Context(), []cas.Block{b, castest.Raw(3)}, "heads/main", head, b.CID()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collect(t.Context(), true, reachable(s)); err != nil {
		t.Fatal(err)
	}
	if o := s.seen("heads/main"); o == nil {
		if o, err = s.readRef(t.Context(), "heads/main"); err != nil || o.grown != 0 {
			t.Errorf("after a Collect: %d, %v", o.grown, err)
		}
	} else if o.grown != 0 {
		t.Errorf("after a Collect: %d", o.grown)
	}
}
