package index

import (
	"bytes"
	"context"
	"testing"
)

// TestSummaryDigests: of ranges of two trees that differ in one entry, those
// with it have different digests, and those far from it equal ones.
func TestSummaryDigests(t *testing.T) {
	ctx := context.Background()
	tree, c := openBig()
	c.take()
	changed := keyAt(4711)
	other := edited(t, tree, []Edit{{Key: changed, Val: []byte("new")}})
	digest := func(tree Tree, lo, hi []byte) [32]byte {
		t.Helper()
		s, err := tree.Summarize(ctx, lo, hi)
		check(t, err)
		return s.Digest
	}
	after := append(bytes.Clone(changed), 0)
	for _, r := range []struct {
		lo, hi []byte
		equal  bool
	}{
		{nil, nil, false}, {changed, nil, false}, {nil, after, false}, {changed, after, false}, {changed[:1], []byte{changed[0] + 1}, false},
		{after, []byte{changed[0] + 1}, true}, {changed[:1], changed, true}, {changed, changed, true}, {[]byte{changed[0] + 1}, nil, true},
	} {
		if got := digest(tree, r.lo, r.hi) == digest(other, r.lo, r.hi); got != r.equal {
			t.Errorf("[%x, %x): equal digests: %v, want %v", r.lo, r.hi, got, r.equal)
		}
	}
	c.take()
	digest(tree, []byte{1}, []byte{0xf0})
	for level, n := range c.take() {
		if n > 2 {
			t.Errorf("a summary reads %d nodes of level %d", n, level)
		}
	}
}
