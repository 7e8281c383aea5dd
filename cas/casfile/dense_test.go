package casfile

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// assorted are blocks of every kind that a group has to give back: empty, tiny, large, of other codecs, with names of blocks before and after them,
// next to each other, at both ends, in part, and in bytes that are no links.
func assorted() []cas.Block {
	r := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, 200<<10)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	blocks := []cas.Block{
		cas.NewBlock(cas.Raw, nil), cas.NewBlock(cas.DagCBOR, nil), cas.NewBlock(cas.Raw, []byte{0}),
		cas.NewBlock(cas.Raw, random), cas.NewBlock(cas.Raw, make([]byte, 3<<20)),
		cas.NewBlock(0x70, []byte("of another codec")), cas.NewBlock(0x0129, []byte("of one of two bytes")),
	}
	for i := range 600 {
		pick := func() []byte { return blocks[r.IntN(len(blocks))].CID().Bytes() }
		var data []byte
		switch i % 6 {
		case 0:
			data = slices.Concat(pick(), pick())
		case 1:
			data = slices.Concat([]byte("before"), pick(), []byte("behind"))
		case 2:
			data = slices.Concat(pick()[:20], pick(), pick()[:35])
		case 3:
			data = slices.Concat(pick()[2:], []byte{1, 0x71, 0x12, 0x20}, random[i:i+32], pick())
		case 4:
			data = slices.Concat(random[i:i+1000], blocks[len(blocks)-1].CID().Bytes(), random[2*i:2*i+700])
		default:
			data = []byte{1, 0x71, 0x12, 0x20, byte(i), byte(i >> 8)}
		}
		blocks = append(blocks, cas.NewBlock([]uint64{cas.Raw, cas.DagCBOR}[i%2], data))
	}
	seen := map[cid.Cid]bool{}
	return slices.DeleteFunc(append(blocks, castest.Chain(7, 300)...), func(b cas.Block) bool {
		known := seen[b.CID()]
		seen[b.CID()] = true
		return known
	})
}

// gathered is a store in dir of which all blocks are in one dense pack.
func gathered(t testing.TB, dir string, blocks []cas.Block) *Store {
	t.Helper()
	s, err := open(t.Context(), dir, Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	s.limits.dense = 1
	if _, err := s.Collect(t.Context(), false, keepAll); err != nil {
		t.Fatal(err)
	}
	if len(s.dense) != 1 || s.journal.count() != 0 || s.dense[0].count() != len(blocks) {
		t.Fatalf("%d dense packs, %d blocks in the journal", len(s.dense), s.journal.count())
	}
	return s
}

func keepAll(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
	return func(cid.Cid) bool { return true }, nil
}

func TestDenseRoundTrip(t *testing.T) {
	dir := newStore(t)
	blocks := assorted()
	s := gathered(t, dir, blocks)
	if n := len(s.dense[0].dense.groups); n < 5 {
		t.Errorf("only %d groups", n)
	}
	check := func(s *Store) {
		t.Helper()
		for _, i := range rand.Perm(len(blocks)) {
			b, err := s.Get(t.Context(), blocks[i].CID())
			if err != nil || string(b.Data()) != string(blocks[i].Data()) {
				t.Fatalf("block %d: %v", i, err)
			}
		}
		listed := map[cid.Cid]int{}
		for id, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			listed[id]++
		}
		for _, b := range blocks {
			if listed[b.CID()] != 1 {
				t.Fatalf("%s is listed %d times", b.CID(), listed[b.CID()])
			}
		}
		for n := range 5000 {
			if ok, err := s.Has(t.Context(), block(100_000+n).CID()); ok || err != nil {
				t.Fatalf("a block that is not there: %v, %v", ok, err)
			}
		}
	}
	check(s)
	again, err := Open(t.Context(), dir, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	check(again)
	before := s.journal.mark.end
	if err := s.Put(t.Context(), blocks); err != nil || s.journal.mark.end != before {
		t.Errorf("what is there was stored again: %v", err)
	}
}

// TestDenseNames checks that commits, each of which names the one before it and others, take little more than what is new in them.
func TestDenseNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var blocks []cas.Block
	for i := range 2000 {
		fresh := make([]byte, 32)
		for j := range fresh {
			fresh[j] = byte(r.Uint32())
		}
		data := slices.Concat([]byte("a commit of some length, with a root"), fresh)
		for _, back := range []int{1, 3, 7} {
			if i >= back {
				data = slices.Concat(data, []byte("link"), blocks[i-back].CID().Bytes())
			}
		}
		blocks = append(blocks, cas.NewBlock(cas.DagCBOR, data))
	}
	s := gathered(t, newStore(t), blocks)
	if each := s.dense[0].mark.end / int64(len(blocks)); each > 50 {
		t.Errorf("a block with 32 bytes of its own takes %d bytes", each)
	}
}

// TestDenseLikes checks that versions of a block which differ in little take little.
func TestDenseLikes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var blocks []cas.Block
	for range 60 {
		data := make([]byte, 4000)
		for j := range data {
			data[j] = byte(r.Uint32())
		}
		for version := range 10 {
			for range 3 {
				data[r.IntN(len(data))] = byte(version)
			}
			blocks = append(blocks, cas.NewBlock(cas.Raw, slices.Clone(data)))
		}
	}
	r.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	s := gathered(t, newStore(t), blocks)
	if whole := s.dense[0].mark.end; whole > 60*4000*3/2 {
		t.Errorf("60 blocks of 4,000 bytes in 10 versions take %d bytes", whole)
	}
}

// bulky is a chain of blocks which are mostly random: some groups of them.
func bulky(n int) (chain []cas.Block) {
	r := rand.New(rand.NewPCG(5, 6))
	for range n {
		data := make([]byte, 400+r.IntN(200))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		node := dagcbor.AppendArray(nil, 2)
		node = dagcbor.AppendBytes(node, data)
		if len(chain) == 0 {
			node = dagcbor.AppendNull(node)
		} else {
			node = dagcbor.AppendLink(node, chain[len(chain)-1].CID())
		}
		chain = append(chain, cas.NewBlock(cas.DagCBOR, node))
	}
	return chain
}

// TestDenseDamage flips bits everywhere in a dense pack: what is affected is damaged and named, all the rest is there, and nothing is something else.
func TestDenseDamage(t *testing.T) {
	dir := newStore(t)
	blocks := bulky(900)
	s := gathered(t, dir, blocks)
	path := s.dense[0].path
	table := s.dense[0].dense.groups
	s.Close()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := table[len(table)-1].off + table[len(table)-1].size
	for i := int64(len(denseMagic)); i < int64(len(data)); i += max(1, int64(len(data))/200) {
		bad := slices.Clone(data)
		bad[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), dir, Options{ReadOnly: true})
		if err != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
		damaged := 0
		for _, b := range blocks {
			got, err := s.Get(t.Context(), b.CID())
			var corrupt *cas.CorruptError
			switch {
			case err == nil && string(got.Data()) == string(b.Data()):
			case errors.As(err, &corrupt) && corrupt.CID == b.CID():
				damaged++
			default:
				t.Fatalf("byte %d: %s: %v", i, b.CID(), err)
			}
		}
		if (damaged > 0) != (i < ends) || damaged == len(blocks) { // the table can be made again
			t.Errorf("byte %d of %d: %d of %d blocks are damaged", i, ends, damaged, len(blocks))
		}
		var listErr error
		for _, listErr = range s.All(t.Context()) {
		}
		if isDamage(listErr) != (damaged > 0) {
			t.Errorf("byte %d: the list of all blocks ends with %v", i, listErr)
		}
		s.Close()
	}
}

// TestDenseRepair mends a dense pack of which a group is damaged, while others hold garbage.
func TestDenseRepair(t *testing.T) {
	dir := newStore(t)
	chain := bulky(600)
	s := gathered(t, dir, chain)
	p := s.dense[0]
	at := p.dense.groups[len(p.dense.groups)/2]
	s.Close()
	data, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	data[at.off+groupHead+at.size/2] ^= 4
	if err := os.WriteFile(p.path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	whole := cas.NewMemory()
	if err := whole.Put(t.Context(), chain); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	roots := []cid.Cid{chain[len(chain)-1].CID()}
	if _, err := s.Collect(t.Context(), false, func(context.Context, []cas.Ref, []cid.Cid) (func(cid.Cid) bool, error) {
		return func(id cid.Cid) bool { return id != roots[0] }, nil
	}); !isDamage(err) {
		t.Errorf("a collection that would lose what is damaged: %v", err)
	}
	done, err := cas.Repair(t.Context(), s, whole, roots, nil, false, nil)
	if err != nil || len(done.Mended) == 0 || len(done.Mended) > len(chain)/2 || len(done.Faults) > 0 {
		t.Fatalf("%d mended, %v, %v", len(done.Mended), done.Faults, err)
	}
	found, err := cas.Verify(t.Context(), s, roots, nil, nil)
	if err != nil || len(found.Faults) > 0 || found.Blocks != len(chain) {
		t.Fatalf("afterwards: %d blocks, %v, %v", found.Blocks, found.Faults, err)
	}
}

// TestDenseMissing cuts the file, and takes it away: the store says which, and has what comes before the cut.
func TestDenseMissing(t *testing.T) {
	dir := newStore(t)
	blocks := bulky(600)
	s := gathered(t, dir, blocks)
	path, first := s.dense[0].path, s.dense[0].dense.groups[1].first
	s.Close()
	check := func(some bool) {
		t.Helper()
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		there := 0
		for _, b := range blocks {
			var corrupt *cas.CorruptError
			if _, err := s.Get(t.Context(), b.CID()); err == nil {
				there++
			} else if !errors.As(err, &corrupt) || corrupt.Path != path {
				t.Fatalf("a block that is gone: %v", err)
			}
		}
		if some != (there >= first) || there == len(blocks) {
			t.Errorf("%d blocks are there, the first group has %d", there, first)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	check(true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	check(false)
}

// TestDenseTiers adds little many times: dense packs stay few, and each block is written a number of times that is bounded.
func TestDenseTiers(t *testing.T) {
	s, err := open(t.Context(), newStore(t), Options{}, quickDisk{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.limits.dense = 1
	n := 0
	for range 40 {
		var blocks []cas.Block
		for range 50 {
			blocks = append(blocks, block(n))
			n++
		}
		if err := s.Put(t.Context(), blocks); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Collect(t.Context(), false, keepAll); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.dense) != 1 || s.dense[0].count() != n {
		t.Errorf("%d dense packs with %d blocks", len(s.dense), s.dense[0].count())
	}
	for i := range n {
		if _, err := s.Get(t.Context(), block(i).CID()); err != nil {
			t.Fatal(err)
		}
	}
	fresh, rest := s.Growth()
	if st, err := s.Stats(t.Context()); err != nil || fresh > 100 || rest+fresh > st.Disk || rest == 0 {
		t.Errorf("fresh %d, rest %d, %+v, %v", fresh, rest, st, err)
	}
}

// FuzzGroup takes apart what is no group, but has the right sum.
func FuzzGroup(f *testing.F) {
	var g groupWriter
	for _, b := range assorted()[5:40] {
		k, _ := keyOf(b.CID())
		g.add(k, b.Data())
	}
	f.Add(g.appendTo(nil))
	f.Add(make([]byte, groupHead))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= groupHead {
			binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-groupHead))
			binary.LittleEndian.PutUint32(data, crc32.Checksum(data[4:], castagnoli))
		}
		g, err := parseGroup(data)
		if err != nil {
			return
		}
		size := 0
		for i := range g.data {
			size += len(g.data[i])
			if b, err := g.block(i, g.key(i)); err != nil || string(b.Data()) != string(g.data[i]) {
				t.Fatalf("block %d: %v", i, err)
			}
		}
		if size > 20*maxGroup && len(g.data) > 1 {
			t.Fatalf("%d bytes came out of a group", size)
		}
	})
}

// FuzzDenseBlocks expands what is not made as the blocks of a group are.
func FuzzDenseBlocks(f *testing.F) {
	f.Add([]byte{0x55, 0, 1, 0x55, 1, 0, 1, 0, 'a'}, 2)
	f.Add([]byte{0x55, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, plain []byte, n int) {
		if n < 1 || n > maxGroupBlocks || n > len(plain) {
			return
		}
		g, err := expandGroup(plain, n)
		if err != nil {
			return
		}
		size := 0
		for _, b := range g.data {
			size += len(b)
		}
		if size > len(plain)*20 {
			t.Fatalf("%d bytes out of %d", size, len(plain))
		}
	})
}

// FuzzDenseTable opens a dense pack of which what lies behind the groups is made up, with the right sum.
func FuzzDenseTable(f *testing.F) {
	var w denseWriter
	for i := range 100 {
		b := block(i)
		k, _ := keyOf(b.CID())
		if err := w.add(k, b.Data()); err != nil {
			f.Fatal(err)
		}
	}
	w.buf = []byte(denseMagic)
	if err := w.endGroup(); err != nil {
		f.Fatal(err)
	}
	f.Add(w.appendTable(nil, int64(len(w.buf))))
	dir := tempDir(f)
	if err := os.Mkdir(filepath.Join(dir, "packs"), 0o777); err != nil {
		f.Fatal(err)
	}
	groups := slices.Clone(w.buf)
	f.Fuzz(func(t *testing.T, table []byte) {
		if len(table) < denseTrailer {
			return
		}
		end := table[len(table)-denseTrailer:]
		binary.LittleEndian.PutUint64(end[8:], uint64(len(groups)))
		copy(end[32:], denseMagic)
		binary.LittleEndian.PutUint32(end[28:], crc32.Checksum(table[:len(table)-16], castagnoli))
		if err := os.WriteFile(densePath(dir, 1), append(slices.Clone(groups), table...), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := openDense(quickDisk{}, dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		for i := range 100 {
			k, _ := keyOf(block(i).CID())
			at, ok, err := p.find(quickDisk{}, k)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
			if b, err := p.read(quickDisk{}, k, at); err == nil && string(b.Data()) != string(block(i).Data()) {
				t.Fatalf("another block than %d", i)
			}
		}
		_, _ = p.blocks(quickDisk{})
	})
}

// TestNeighboursStay stores blocks that have values in common, as neighbours in a tree have, and reads them in that order: each group once.
func TestNeighboursStay(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	values := make([][]byte, 3000)
	for i := range values {
		values[i] = make([]byte, 64)
		for j := range values[i] {
			values[i][j] = byte(r.Uint32())
		}
	}
	var blocks []cas.Block
	for range 400 {
		var data []byte
		for range 60 {
			data = append(data, values[r.IntN(len(values))]...)
		}
		blocks = append(blocks, cas.NewBlock(cas.DagCBOR, data))
	}
	s := gathered(t, newStore(t), blocks)
	p, groups := s.dense[0], []int{}
	for _, b := range blocks {
		k, _ := keyOf(b.CID())
		at, ok, err := p.findDense(s.disk, k)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		groups = append(groups, p.groupOf(at))
	}
	if read := len(slices.Compact(groups)); read != len(p.dense.groups) {
		t.Errorf("%d groups are read %d times", len(p.dense.groups), read)
	}
}
