package casfile

import (
	"os"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// TestRepairOfPacks flips a bit in each of several blocks of a pack, in their heads and in their bytes, and cuts another pack.
func TestRepairOfPacks(t *testing.T) {
	dir := newStore(t)
	s, err := openTiny(t, dir, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	whole := cas.NewMemory()
	chain := castest.Chain(1, 200)
	for i := range chain {
		if err := s.Put(t.Context(), chain[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := whole.Put(t.Context(), chain); err != nil {
		t.Fatal(err)
	}
	p := s.packs[1]
	in, err := p.blocks(s.disk)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range in[:6] {
		data[int(b.at.off)+i*int(b.at.size-1)/5] ^= 1
	}
	cut := s.packs[0].path
	s.Close()
	if err := os.WriteFile(p.path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := openTiny(t, dir, quickDisk{})
		if err != nil {
			t.Fatal(err)
		}
		roots := []cid.Cid{chain[199].CID()}
		done, err := cas.Repair(t.Context(), s, whole, roots, nil, false, nil)
		if err != nil || len(done.Mended) == 0 || len(done.Faults) > 0 {
			t.Fatalf("%d mended, %v, %v", len(done.Mended), done.Faults, err)
		}
		found, err := cas.Verify(t.Context(), s, roots, nil, nil)
		if err != nil || len(found.Faults) > 0 {
			t.Fatalf("afterwards: %v, %v", found.Faults, err)
		}
		s.Close()
		if err := os.Truncate(cut, 400); err != nil {
			t.Fatal(err)
		}
	}
}
