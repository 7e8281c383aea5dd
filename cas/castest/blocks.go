package castest

import (
	"errors"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

func testEmpty(t *testing.T, s cas.RefStore) {
	wantAll(t, s)
	wantMissing(t, s, Raw(1).CID())
	wantRef(t, s, "heads/main", cid.Undef)
	if refs, err := s.Refs(t.Context()); len(refs) != 0 || err != nil {
		t.Errorf("Refs = %v, %v", refs, err)
	}
	put(t, s) // no blocks at all
	wantAll(t, s)
}

// testBlocks stores blocks of every size that dhfs makes, from none to 2 MiB.
func testBlocks(t *testing.T, s cas.RefStore) {
	var blocks []cas.Block
	for i, size := range []int{0, 1, 35, 1 << 10, 4 << 10, 64<<10 - 1, 64 << 10, 1 << 20, 2 << 20} {
		blocks = append(blocks, bytesOf(uint64(i), size))
	}
	blocks = append(blocks, cas.NewBlock(cas.Raw, make([]byte, 2<<20))) // compresses well
	put(t, s, blocks...)
	wantBlocks(t, s, blocks...)
	wantAll(t, s, blocks...)

	// The same bytes under another codec are another block.
	node := Node(1)
	other := cas.NewBlock(cas.Raw, node.Data())
	put(t, s, node)
	wantMissing(t, s, other.CID())
	put(t, s, other)
	wantBlocks(t, s, node, other)
}

func testPutAgain(t *testing.T, s cas.RefStore) {
	a, b := Raw(1), Raw(2)
	put(t, s, a)
	put(t, s, a, b, a, b)
	put(t, s, b)
	wantBlocks(t, s, a, b)
	wantAll(t, s, a, b)
}

func testUnknown(t *testing.T, s cas.RefStore) {
	put(t, s, Raw(1))
	wantMissing(t, s, Raw(2).CID())
	wantMissing(t, s, cas.NewBlock(cas.Raw, nil).CID())
}

// testForeignCID asks for names that no block can have: Get fails, but neither
// panics nor calls anything corrupt.
func testForeignCID(t *testing.T, s cas.RefStore) {
	put(t, s, cas.NewBlock(cas.Raw, []byte("x")))
	for _, id := range []cid.Cid{
		cid.Undef,
		foreign(t, cid.Prefix{Version: 0, Codec: cid.DagProtobuf, MhType: multihash.SHA2_256, MhLength: 32}),
		foreign(t, cid.Prefix{Version: 1, Codec: cid.Raw, MhType: multihash.SHA2_512, MhLength: 64}),
		foreign(t, cid.Prefix{Version: 1, Codec: cid.Raw, MhType: multihash.SHA2_256, MhLength: 20}),
		foreign(t, cid.Prefix{Version: 1, Codec: cid.Raw, MhType: multihash.IDENTITY, MhLength: -1}),
	} {
		var corrupt *cas.CorruptError
		if b, err := s.Get(t.Context(), id); err == nil || errors.As(err, &corrupt) {
			t.Errorf("Get(%q) = %v, %v", id.KeyString(), b, err)
		}
		if ok, _ := s.Has(t.Context(), id); ok {
			t.Errorf("Has(%q) = true", id.KeyString())
		}
	}
}

func foreign(t testing.TB, p cid.Prefix) cid.Cid {
	id, err := p.Sum([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func testZeroBlock(t *testing.T, s cas.RefStore) {
	if err := s.Put(t.Context(), []cas.Block{{}}); err == nil {
		t.Error("Put took a block without a CID")
	}
	wantAll(t, s)
}

func testAll(t *testing.T, s cas.RefStore) {
	blocks := Graph(1, 50)
	for _, b := range blocks {
		put(t, s, b)
	}
	wantAll(t, s, blocks...)
	seen := 0
	for range s.All(t.Context()) {
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("All stopped after %d blocks of 50", seen)
	}
	for id := range s.All(t.Context()) { // a store can be used while it is listed
		put(t, s, Node(1, id))
		wantMissing(t, s, Node(2, id).CID())
		break
	}
}

func testManyBlocks(t *testing.T, s cas.RefStore) {
	blocks := Graph(2, 3000)
	for batch := blocks; len(batch) > 0; {
		n := min(len(batch), 700)
		put(t, s, batch[:n]...)
		batch = batch[n:]
	}
	wantBlocks(t, s, blocks[0], blocks[1499], blocks[2999])
	wantAll(t, s, blocks...)
}

// testPutsAtOnce has many goroutines put overlapping batches while others read.
func testPutsAtOnce(t *testing.T, s cas.RefStore) {
	blocks := Graph(3, 400)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; i < len(blocks); i += 20 {
				batch := blocks[i:min(len(blocks), i+20+g)]
				if err := s.Put(t.Context(), batch); err != nil {
					t.Errorf("Put: %v", err)
				}
				wantBlocks(t, s, batch[0], blocks[i/2])
			}
		})
	}
	wg.Wait()
	wantBlocks(t, s, blocks...)
	wantAll(t, s, blocks...)
}
