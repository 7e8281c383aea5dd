package engine

import (
	"errors"
	"math/bits"
	"slices"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// line makes a line of n commits after the first, a minute apart, without databases.
func line(t *testing.T, s cas.RefStore, n int) []Commit {
	t.Helper()
	root := cas.NewBlock(cas.DagCBOR, []byte{0xf6}).CID()
	c := Commit{At: time.UnixMilli(0).UTC(), Root: root, Base: root, Tx: root, next: 1}
	var all []Commit
	for i := 0; ; i++ {
		b := c.block()
		if err := s.Put(t.Context(), []cas.Block{b}); err != nil {
			t.Fatal(err)
		}
		c.ID = b.CID()
		all = append(all, c)
		if i == n {
			return all
		}
		jump, err := jumpFrom(t.Context(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		c = Commit{Parents: []cid.Cid{c.ID}, jump: jump, T: c.T + 1, At: c.At.Add(time.Minute), Root: root, Base: root, Tail: i + 1, Tx: root, next: 1}
	}
}

func TestJumps(t *testing.T) {
	want := []uint64{0, 0, 1, 0, 3, 4, 3, 0, 7, 8, 7, 10, 11, 10, 7, 0}
	for n, jump := range want {
		if got := jumpT(uint64(n)); got != jump {
			t.Errorf("%d jumps to %d, want %d", n, got, jump)
		}
	}
	s := cas.NewMemory()
	commits := line(t, s, 300)
	for _, c := range commits[1:] {
		if want := commits[jumpT(c.T)].ID; c.jump != want {
			t.Fatalf("commit %d jumps to another commit than %d", c.T, jumpT(c.T))
		}
	}
}

func TestAncestorReadsFewCommits(t *testing.T) {
	s := castest.NewCounting(cas.NewMemory())
	commits := line(t, s, 1000)
	newest := commits[len(commits)-1]
	limit := 3 * bits.Len(1000)
	for _, want := range []uint64{0, 1, 2, 499, 511, 512, 998, 999, 1000} {
		s.Take()
		c, err := Ancestor(t.Context(), s, newest.ID, func(c Commit) bool { return c.T <= want })
		if n := s.Take(); err != nil || c.T != want || c.ID != commits[want].ID || n.Gets > 2*limit {
			t.Errorf("%d: found %d by %d reads, %v", want, c.T, n.Gets, err)
		}
		c, err = ancestorAt(t.Context(), s, newest, want)
		if n := s.Take(); err != nil || c.ID != commits[want].ID || n.Gets > limit {
			t.Errorf("at %d: found %d by %d reads, %v", want, c.T, n.Gets, err)
		}
	}
	if _, err := Ancestor(t.Context(), s, newest.ID, func(Commit) bool { return false }); !errors.Is(err, cas.ErrNotFound) {
		t.Error(err)
	}
	if _, err := Ancestor(t.Context(), s, commits[0].Root, func(Commit) bool { return true }); err == nil {
		t.Error("found an ancestor of nothing")
	}
}

func TestLog(t *testing.T) {
	s := cas.NewMemory()
	commits := line(t, s, 20)
	var got []cid.Cid
	for c, err := range Log(t.Context(), s, commits[20].ID) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.ID)
	}
	want := make([]cid.Cid, 0, 21)
	for _, c := range slices.Backward(commits) {
		want = append(want, c.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("log is %v", got)
	}
	forget(t, s, commits[10].ID)
	n, last := 0, error(nil)
	for _, err := range Log(t.Context(), s, commits[20].ID) {
		n, last = n+1, err
	}
	if n != 11 || !errors.Is(last, cas.ErrNotFound) {
		t.Errorf("%d commits, then %v", n, last)
	}
}
