package castest_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

func TestMemory(t *testing.T) {
	same := func(_ testing.TB, s cas.RefStore) cas.RefStore { return s }
	castest.Run(t, func(testing.TB) cas.RefStore { return cas.NewMemory() }, castest.Reopen(same), castest.Beside(same))
}

// plain hides what a store can do beyond RefStore.
type plain struct{ cas.RefStore }

func TestWithoutCommitter(t *testing.T) {
	castest.Run(t, func(testing.TB) cas.RefStore { return plain{cas.NewMemory()} })
}

// The wrappers are stores like any other, where they do not fail.
func TestWrappers(t *testing.T) {
	t.Run("Counting", func(t *testing.T) {
		castest.Run(t, func(testing.TB) cas.RefStore { return castest.NewCounting(cas.NewMemory()) })
	})
	t.Run("Faulty", func(t *testing.T) {
		never := castest.Fault{N: 1 << 40}
		castest.Run(t, func(testing.TB) cas.RefStore { return castest.NewFaulty(cas.NewMemory(), never) })
	})
}

func TestCounting(t *testing.T) {
	ctx := t.Context()
	s := castest.NewCounting(cas.NewMemory())
	blocks := castest.Chain(1, 3)
	size := 0
	for _, b := range blocks {
		size += len(b.Data())
	}
	ids := [2]cid.Cid{blocks[0].CID(), blocks[1].CID()}
	for _, err := range []error{
		s.Put(ctx, blocks),
		s.SetRef(ctx, "heads/x", cid.Undef, ids[0]),
		s.Commit(ctx, blocks[:1], "heads/x", ids[0], ids[1]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []cid.Cid{ids[0], castest.Raw(1).CID()} {
		if _, err := s.Get(ctx, id); err != nil && id == ids[0] {
			t.Fatal(err)
		}
	}
	if _, err := s.Has(ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	first := int64(len(blocks[0].Data()))
	want := castest.Counts{
		Gets: 2, Has: 1, Puts: 1, RefMoves: 1, Commits: 1,
		BlocksRead: 1, BytesRead: first, BlocksWritten: 4, BytesWritten: int64(size) + first,
	}
	if got := s.Take(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.Take(); got != (castest.Counts{}) {
		t.Errorf("a second Take returned %s", got)
	}
}

// Each fault hits one operation, with the effect that it says; a crash hits all after it too.
func TestFaulty(t *testing.T) {
	runs := 0
	castest.EachFault(t, func(t *testing.T, f castest.Fault) *castest.Faulty {
		runs++
		inner := cas.NewMemory()
		s := castest.NewFaulty(inner, f)
		var failed []int
		for i, err := range []error{
			s.Put(t.Context(), []cas.Block{castest.Raw(1), castest.Raw(2)}),
			s.SetRef(t.Context(), "a", cid.Undef, castest.Raw(1).CID()),
			s.Commit(t.Context(), []cas.Block{castest.Raw(3)}, "b", cid.Undef, castest.Raw(3).CID()),
		} {
			if err != nil && !errors.Is(err, castest.ErrFault) {
				t.Errorf("operation %d: %v", i+1, err)
			}
			if err != nil {
				failed = append(failed, i+1)
			}
		}
		checkFaulty(t, f, inner, failed)
		return s
	})
	if runs != 6*4 { // three operations, and a fourth that is never reached
		t.Errorf("%d runs", runs)
	}
}

func checkFaulty(t *testing.T, f castest.Fault, inner *cas.Memory, failed []int) {
	want := []int{f.N}
	for n := f.N + 1; n <= 3 && f.Crashed; n++ {
		want = append(want, n)
	}
	if f.N > 3 {
		want = nil
	}
	if !slices.Equal(failed, want) {
		t.Errorf("operations %v failed, want %v", failed, want)
	}
	blocks, refs := 0, 0
	for range inner.All(t.Context()) {
		blocks++
	}
	if list, err := inner.Refs(t.Context()); err == nil {
		refs = len(list)
	}
	if got, want := [2]int{blocks, refs}, leftBehind(f); got != want {
		t.Errorf("%d blocks and %d refs are left, want %v", blocks, refs, want)
	}
}

// leftBehind is how many blocks and refs TestFaulty's operations leave.
func leftBehind(f castest.Fault) [2]int {
	left := [2]int{}
	for op, effects := range [][3][2]int{{{0, 0}, {1, 0}, {2, 0}}, {{0, 0}, {0, 0}, {0, 1}}, {{0, 0}, {1, 0}, {1, 1}}} {
		effect := effects[2]
		switch {
		case op+1 == f.N:
			effect = effects[f.When]
		case op+1 > f.N && f.Crashed:
			effect = effects[0]
		}
		left[0] += effect[0]
		left[1] += effect[1]
	}
	return left
}
