package casfile

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// noise makes blocks of random bytes.
func noise(seed uint64, n, size int) []cas.Block {
	r := rand.New(rand.NewPCG(seed, 1))
	blocks := make([]cas.Block, n)
	for i := range blocks {
		data := make([]byte, size)
		for j := range data {
			data[j] = byte(r.Uint32())
		}
		blocks[i] = cas.NewBlock(cas.Raw, data)
	}
	return blocks
}

// groupsOf is the bytes of each group of the only dense pack, and which blocks they hold.
func groupsOf(t *testing.T, s *Store) (stored [][]byte, holds []map[cid.Cid]bool) {
	t.Helper()
	if len(s.dense) != 1 {
		t.Fatalf("%d dense packs", len(s.dense))
	}
	p := s.dense[0]
	data, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range p.dense.groups {
		g, err := p.group(s.disk, i)
		if err != nil {
			t.Fatal(err)
		}
		in := map[cid.Cid]bool{}
		for j := range g.data {
			in[g.key(j).cid()] = true
		}
		stored, holds = append(stored, data[at.off:at.off+at.size]), append(holds, in)
	}
	return stored, holds
}

// holding is the number of the group that has a block.
func holding(t *testing.T, holds []map[cid.Cid]bool, b cas.Block) int {
	t.Helper()
	i := slices.IndexFunc(holds, func(in map[cid.Cid]bool) bool { return in[b.CID()] })
	if i < 0 {
		t.Fatalf("%s is in no group", b.CID())
	}
	return i
}

// staying is how many groups are byte for byte there again.
func staying(before, after [][]byte) (n int) {
	for _, b := range before {
		if slices.ContainsFunc(after, func(a []byte) bool { return bytes.Equal(a, b) }) {
			n++
		}
	}
	return n
}

// TestDenseKeeps adds to a dense pack: groups stay as they are but for the one with what a new block resembles, which comes beside that, and the one with garbage.
func TestDenseKeeps(t *testing.T) {
	for _, again := range []bool{false, true} { // in the process that made the dense pack, and in another
		old := noise(1, 160, 4000)
		s := gathered(t, newStore(t), old)
		before, held := groupsOf(t, s)
		if again {
			next, err := open(t.Context(), s.dir, Options{}, quickDisk{})
			if err != nil {
				t.Fatal(err)
			}
			defer next.Close()
			s = next
			s.limits.dense = 1
		}
		version := slices.Clone(old[77].Data())
		copy(version[1000:], "another version")
		alike, garbage := cas.NewBlock(cas.Raw, version), old[3]
		if err := s.Put(t.Context(), append(noise(2, 20, 300), alike)); err != nil {
			t.Fatal(err)
		}
		done, err := s.Collect(t.Context(), false, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
			return func(id cid.Cid) bool { return id != garbage.CID() }, nil
		})
		if err != nil || done.Blocks != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		after, holds := groupsOf(t, s)
		changed := map[int]bool{holding(t, held, old[77]): true, holding(t, held, garbage): true, len(before) - 1: true} // the last one may be short
		if n := staying(before, after); n < len(before)-len(changed) || n > len(before)-2 {
			t.Errorf("%d of %d groups stay", n, len(before))
		}
		if holding(t, holds, alike) != holding(t, holds, old[77]) {
			t.Error("a new version is in another group than the old one")
		}
		for _, b := range append(old[4:], alike) {
			if got, err := s.Get(t.Context(), b.CID()); err != nil || !bytes.Equal(got.Data(), b.Data()) {
				t.Fatalf("%s: %v", b.CID(), err)
			}
		}
		if _, err := s.Get(t.Context(), garbage.CID()); err == nil {
			t.Error("the garbage is still there")
		}
	}
}

// TestDenseKeepsNothing has a thorough collection make all groups anew.
func TestDenseKeepsNothing(t *testing.T) {
	s := gathered(t, newStore(t), noise(1, 100, 4000))
	before := s.dense[0].dense.generation
	if err := s.Put(t.Context(), noise(2, 10, 300)); err != nil {
		t.Fatal(err)
	}
	kept := 0
	g := gathering{c: &collection{s: s, thorough: true}}
	for _, whole := range g.whole(&part{p: s.dense[0]}) {
		if whole {
			kept++
		}
	}
	if _, err := s.Collect(t.Context(), true, keepAll); err != nil || kept > 0 || s.dense[0].dense.generation == before || s.dense[0].count() != 110 {
		t.Errorf("%d groups are kept, %d blocks, %v", kept, s.dense[0].count(), err)
	}
}

// TestDenseKeepsNoDamage changes a byte of a group that is known to have been whole: it is not taken over.
func TestDenseKeepsNoDamage(t *testing.T) {
	s := gathered(t, newStore(t), noise(1, 100, 4000))
	p := s.dense[0]
	for i := range p.dense.groups {
		if _, err := p.group(s.disk, i); err != nil {
			t.Fatal(err)
		}
	}
	data := mustRead(t, s.dir, "packs/1.dense")
	data[p.dense.groups[2].off+100] ^= 1
	if err := os.WriteFile(p.path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), noise(2, 10, 300)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Collect(t.Context(), false, keepAll); !isDamage(err) {
		t.Errorf("a damaged group: %v", err)
	}
	if len(s.dense) != 1 || s.dense[0] != p {
		t.Error("the dense pack was replaced")
	}
}
