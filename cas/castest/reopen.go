package castest

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// testReopen writes in several sessions, each of which sees all that the ones before it wrote.
func testReopen(t *testing.T, s cas.RefStore, reopen Again) {
	var all []cas.Block
	old := cid.Undef
	for session := range 3 {
		blocks := append(Graph(uint64(10+session), 40), bytesOf(uint64(session), 100_000))
		all = append(all, blocks...)
		put(t, s, blocks...)
		root := Node(uint64(session), blocks[39].CID())
		all = append(all, root)
		if err := cas.Commit(t.Context(), s, []cas.Block{root}, "heads/main", old, root.CID()); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		old = root.CID()
		setRef(t, s, "tags/gone", cid.Undef, old)
		setRef(t, s, "tags/gone", old, cid.Undef)
		s = reopen(t, s)
		wantBlocks(t, s, all...)
		wantAll(t, s, all...)
		wantRef(t, s, "heads/main", old)
		wantRef(t, s, "tags/gone", cid.Undef)
	}
}

// testBeside uses two open stores over the same storage at once.
func testBeside(t *testing.T, a cas.RefStore, beside Again) {
	put(t, a, Raw(1))
	b := beside(t, a)
	wantBlocks(t, b, Raw(1))

	put(t, b, Raw(2))
	wantBlocks(t, a, Raw(2)) // although a was opened before it was there
	put(t, a, Raw(2), Raw(3))
	wantAll(t, a, Raw(1), Raw(2), Raw(3))
	wantAll(t, b, Raw(1), Raw(2), Raw(3))

	setRef(t, a, "tags/x", cid.Undef, Raw(1).CID())
	wantRef(t, b, "tags/x", Raw(1).CID())
	wantConflict(t, b.SetRef(t.Context(), "tags/x", cid.Undef, Raw(2).CID()))
	setRef(t, b, "tags/x", Raw(1).CID(), cid.Undef)
	wantRef(t, a, "tags/x", cid.Undef)

	stores := []cas.RefStore{a, b}
	race(t, stores, func(s cas.RefStore, old cid.Cid, next cas.Block) error {
		return cas.Commit(t.Context(), s, []cas.Block{next}, "heads/main", old, next.CID())
	})
	increments(t, stores)
}
