package cas_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

func stored(t testing.TB, blocks ...cas.Block) *cas.Memory {
	t.Helper()
	m := cas.NewMemory()
	if err := m.Put(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	return m
}

func last(blocks []cas.Block) cid.Cid { return blocks[len(blocks)-1].CID() }

func never(cid.Cid) bool { return false }

func walked(t testing.TB, g cas.Getter, roots []cid.Cid, skip func(cid.Cid) bool) []cid.Cid {
	t.Helper()
	var ids []cid.Cid
	for b, err := range cas.Walk(t.Context(), g, roots, skip) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, b.CID())
	}
	return ids
}

func sorted(ids []cid.Cid) []cid.Cid {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) })
	return ids
}

func idsOf(blocks []cas.Block) []cid.Cid {
	var ids []cid.Cid
	for _, b := range blocks {
		ids = append(ids, b.CID())
	}
	return ids
}

func TestWalkVisitsEachBlockOnce(t *testing.T) {
	blocks := castest.Graph(1, 700)
	m := stored(t, blocks...)
	root := last(blocks)
	for _, skip := range []func(cid.Cid) bool{nil, never} {
		got := walked(t, m, []cid.Cid{root, blocks[3].CID(), root}, skip)
		if !slices.Equal(sorted(got), sorted(idsOf(blocks))) {
			t.Errorf("visited %d blocks, want each of %d once", len(got), len(blocks))
		}
	}
	if got := walked(t, m, nil, never); len(got) != 0 {
		t.Errorf("without roots %v is visited", got)
	}
}

func TestWalkGoesLevelByLevel(t *testing.T) {
	a, b := castest.Raw(1), castest.Raw(2)
	c := castest.Node(3, b.CID())
	top := castest.Node(4, c.CID(), a.CID())
	got := walked(t, stored(t, a, b, c, top), []cid.Cid{top.CID()}, nil)
	if want := []cid.Cid{top.CID(), c.CID(), a.CID(), b.CID()}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWalkSkips(t *testing.T) {
	chain := castest.Chain(1, 10)
	s := castest.NewCounting(stored(t, chain...))
	got := walked(t, s, []cid.Cid{last(chain)}, func(id cid.Cid) bool { return id == chain[4].CID() })
	if len(got) != 5 || s.Take().Gets != 5 {
		t.Errorf("visited %d blocks, want the 5 above the one that is skipped", len(got))
	}
}

func TestWalkStopsEarly(t *testing.T) {
	chain := castest.Chain(1, 100)
	s := castest.NewCounting(stored(t, chain...))
	for range cas.Walk(t.Context(), s, []cid.Cid{last(chain)}, nil) {
		break
	}
	if n := s.Take().Gets; n != 1 {
		t.Errorf("%d blocks were read for one", n)
	}
}

func walkError(ctx context.Context, g cas.Getter, root cid.Cid) error {
	for _, err := range cas.Walk(ctx, g, []cid.Cid{root}, nil) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestWalkErrors(t *testing.T) {
	chain := castest.Chain(1, 10)
	for _, s := range []cas.RefStore{stored(t, chain[3:]...), castest.Batching(stored(t, chain[3:]...))} {
		err := walkError(t.Context(), s, last(chain))
		if !errors.Is(err, cas.ErrNotFound) || !strings.Contains(err.Error(), chain[2].CID().String()) {
			t.Errorf("missing block: %v", err)
		}
	}
	bad := cas.NewBlock(cas.DagCBOR, []byte{0xff})
	top := castest.Node(0, bad.CID())
	var corrupt *cas.CorruptError
	if err := walkError(t.Context(), stored(t, bad, top), top.CID()); !errors.As(err, &corrupt) || corrupt.CID != bad.CID() {
		t.Errorf("block that is not dag-cbor: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := walkError(ctx, stored(t, chain...), last(chain)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestVerifySound(t *testing.T) {
	blocks := castest.Graph(1, 300)
	size := int64(0)
	for _, b := range blocks {
		size += int64(len(b.Data()))
	}
	told := 0
	got, err := cas.Verify(t.Context(), stored(t, blocks...), []cid.Cid{last(blocks)}, nil, func(cas.Verified) { told++ })
	if err != nil || len(got.Faults) != 0 || got.Blocks != 300 || got.Bytes != size {
		t.Errorf("got %+v, %v, want 300 blocks and %d bytes", got, err, size)
	}
	if told < 4 {
		t.Errorf("progress was told %d times", told)
	}
}

// damaged has bytes under names that are not theirs.
type damaged struct {
	cas.Getter
	bad map[cid.Cid]bool
}

func (d damaged) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := d.Getter.Get(ctx, id)
	if err != nil || !d.bad[id] {
		return b, err
	}
	return cas.Check(id, append(slices.Clone(b.Data()), 0))
}

// Every fault is found, also those beside and behind others, with the way to it.
func TestVerifyReportsEachFault(t *testing.T) {
	gone, rotten, fine := castest.Raw(1), castest.Raw(2), castest.Raw(3)
	malformed := cas.NewBlock(cas.DagCBOR, []byte{0x18, 0x01})
	foreign := cas.NewBlock(cid.DagProtobuf, nil)
	left := castest.Node(4, gone.CID(), fine.CID())
	right := castest.Node(5, rotten.CID(), malformed.CID(), foreign.CID(), gone.CID())
	top := castest.Node(6, left.CID(), right.CID())
	g := damaged{stored(t, rotten, fine, malformed, foreign, left, right, top), map[cid.Cid]bool{rotten.CID(): true}}

	got, err := cas.Verify(t.Context(), g, []cid.Cid{top.CID(), castest.Raw(9).CID()}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[cid.Cid][]cid.Cid{}
	for _, f := range got.Faults {
		paths[f.CID] = f.Path
		for _, id := range append(f.Path, f.CID) {
			if !strings.Contains(f.String(), id.String()) {
				t.Errorf("%q does not name %s", f, id)
			}
		}
	}
	want := map[cid.Cid][]cid.Cid{
		gone.CID():           {top.CID(), left.CID()},
		rotten.CID():         {top.CID(), right.CID()},
		malformed.CID():      {top.CID(), right.CID()},
		foreign.CID():        {top.CID(), right.CID()},
		castest.Raw(9).CID(): nil,
	}
	for id, path := range want {
		if found, ok := paths[id]; !ok || !slices.Equal(found, path) {
			t.Errorf("fault of %s: path %v, want %v", id, found, path)
		}
	}
	if len(got.Faults) != len(want) || got.Blocks != 4 {
		t.Errorf("%d faults and %d sound blocks, want %d and 4", len(got.Faults), got.Blocks, len(want))
	}
}

// A store that cannot be asked is not a store without blocks.
func TestVerifyEndsWhenTheStoreFails(t *testing.T) {
	chain := castest.Chain(1, 10)
	s := castest.NewFaulty(stored(t, chain...), castest.Fault{N: 4})
	got, err := cas.Verify(t.Context(), s, []cid.Cid{last(chain)}, nil, nil)
	if !errors.Is(err, castest.ErrFault) || len(got.Faults) != 0 || got.Blocks != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
}
