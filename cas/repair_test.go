package cas_test

import (
	"context"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// TestRepair takes away some blocks, a subtree and its root among them, and gets back what the other store has.
func TestRepair(t *testing.T) {
	blocks := castest.Graph(21, 200)
	whole, holed := stored(t, blocks...), stored(t, blocks...)
	gone := map[cid.Cid]bool{last(blocks): true}
	for i := 3; i < len(blocks); i += 5 {
		gone[blocks[i].CID()] = true
	}
	forgetAll(t, holed, gone)
	roots := []cid.Cid{last(blocks)}
	done, err := cas.Repair(t.Context(), holed, whole, roots, nil, true, nil)
	if err != nil || len(done.Mended) != len(gone) || len(done.Faults) > 0 {
		t.Fatalf("dry run: %d of %d, %v, %v", len(done.Mended), len(gone), done.Faults, err)
	}
	if ok, _ := holed.Has(t.Context(), last(blocks)); ok {
		t.Fatal("a dry run has written")
	}
	lost := blocks[3].CID()
	forgetAll(t, whole, map[cid.Cid]bool{lost: true})
	done, err = cas.Repair(t.Context(), holed, whole, roots, nil, false, nil)
	if err != nil || len(done.Mended) != len(gone)-1 || len(done.Faults) != 1 || done.Faults[0].CID != lost {
		t.Fatalf("%d of %d, %v, %v", len(done.Mended), len(gone), done.Faults, err)
	}
	found, err := cas.Verify(t.Context(), holed, roots, nil, nil)
	if err != nil || len(found.Faults) != 1 || found.Faults[0].CID != lost {
		t.Errorf("afterwards: %v, %v", found.Faults, err)
	}
}

func forgetAll(t *testing.T, s *cas.Memory, gone map[cid.Cid]bool) {
	t.Helper()
	_, err := s.Collect(t.Context(), true, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return !gone[id] }, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
