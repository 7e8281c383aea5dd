package index

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// locked makes the counting of reads safe for those who read at once.
type locked struct {
	mu sync.Mutex
	c  *counting
}

func (l *locked) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.c.Get(ctx, id)
}

// A sweep yields what a scan yields and reads every node once.
func TestSweep(t *testing.T) {
	tree, c := openBig()
	tree = Open(NewNodes(&locked{c: c}, 0), tree.layout, tree.root.id)
	var want [][]byte
	for run, err := range tree.Scan(t.Context(), nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, run.Leaf.AppendKey(nil, run.Lo))
	}
	scanned := c.take()
	var got [][]byte
	for run, err := range tree.Sweep(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, run.Leaf.AppendKey(nil, run.Lo))
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("a sweep yields %d leaves, a scan %d, or others", len(got), len(want))
	}
	if swept := c.take(); !slices.Equal(swept, scanned) {
		t.Errorf("a sweep reads %v nodes by level, a scan %v", swept, scanned)
	}
	for range tree.Sweep(t.Context()) {
		break // which leaves nobody behind
	}
}

// What cannot be read ends a sweep with its error, after all that comes before it.
func TestSweepOfDamage(t *testing.T) {
	tree, c := openBig()
	tree = Open(NewNodes(&locked{c: c}, 0), tree.layout, tree.root.id)
	top, err := tree.top(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad := errors.New("not to be had")
	c.bad = map[cid.Cid]error{top.subs[len(top.subs)/2].id: bad}
	before := uint64(0)
	for _, s := range top.subs[:len(top.subs)/2] {
		before += s.count
	}
	var n uint64
	for run, e := range tree.Sweep(t.Context()) {
		if err = e; err == nil {
			n += uint64(run.Hi - run.Lo)
		}
	}
	if !errors.Is(err, bad) || n != before {
		t.Errorf("%d entries and %v, want %d and %v", n, err, before, bad)
	}
}
