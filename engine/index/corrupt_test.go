package index

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// forged is a store with two leaves of the keys "a", "b" and "m", "n", and
// branches over them that may lie.
type forged struct {
	store *cas.Memory
	leafs [2]cid.Cid
}

func newForged(t *testing.T) forged {
	f := forged{store: cas.NewMemory()}
	for i, run := range [][]Entry{{{Key: []byte("a")}, {Key: []byte("b")}}, {{Key: []byte("m")}, {Key: []byte("n")}}} {
		data, err := plain{kind: 1}.Encode(run)
		check(t, err)
		f.leafs[i] = f.put(t, data)
	}
	return f
}

func (f forged) put(t *testing.T, data []byte) cid.Cid {
	b := cas.NewBlock(cas.DagCBOR, data)
	check(t, f.store.Put(context.Background(), []cas.Block{b}))
	return b.CID()
}

func (f forged) sketch() sketch {
	return sketch{items: 6, level: 1, n: 2, same: []uint64{0}, lens: []uint64{1, 1}, suffixes: "am",
		counts: []uint64{2, 2}, links: f.leafs[:]}
}

// TestForged: blocks that are what they are called, but not what their parents say of them.
func TestForged(t *testing.T) {
	f := newForged(t)
	inner := f.put(t, f.sketch().bytes())
	for name, c := range map[string]struct {
		spoil func(*sketch)
		key   string
		want  string
	}{
		"count":           {func(s *sketch) { s.counts = []uint64{2, 3} }, "n", "2 entries where its parent counts 3"},
		"first key":       {func(s *sketch) { s.suffixes = "ak" }, "n", "first key 6d where its parent says 6b"},
		"level":           {func(s *sketch) { s.level = 2 }, "a", "level 0 below level 2"},
		"a lonely child":  {func(s *sketch) { *s = lonely(inner) }, "a", "single child"},
		"another kind":    {func(s *sketch) { s.links = []cid.Cid{f.leafs[0], f.put(t, otherKind(t))} }, "n", "kind 2, want 1"},
		"not a node":      {func(s *sketch) { s.links = []cid.Cid{f.leafs[0], f.put(t, []byte{0x80})} }, "n", "corrupt"},
		"twice one child": {func(s *sketch) { s.links = []cid.Cid{f.leafs[0], f.leafs[0]} }, "n", "first key 61"},
	} {
		s := f.sketch()
		c.spoil(&s)
		tree := Open(NewNodes(f.store, 1<<20), plain{kind: 1}, f.put(t, s.bytes()))
		for range 2 { // from the store and from the cache
			_, _, err := tree.Get(context.Background(), []byte(c.key))
			checkCorrupt(t, name, err, c.want)
			_, err = tree.Edit(context.Background(), []Edit{{Key: []byte(c.key + "x")}})
			checkCorrupt(t, name, err, c.want)
		}
	}
}

func lonely(child cid.Cid) sketch {
	return sketch{items: 6, level: 2, n: 1, lens: []uint64{1}, suffixes: "a", counts: []uint64{4}, links: []cid.Cid{child}}
}

func otherKind(t *testing.T) []byte {
	data, err := plain{kind: 2}.Encode([]Entry{{Key: []byte("m")}, {Key: []byte("n")}})
	check(t, err)
	return data
}

func checkCorrupt(t *testing.T, name string, err error, want string) {
	t.Helper()
	var c *cas.CorruptError
	if !errors.As(err, &c) || !c.CID.Defined() || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want a *cas.CorruptError with %q", name, err, want)
	}
}

// TestForgedSums: the maximum is checked like the count.
func TestForgedSums(t *testing.T) {
	f := newForged(t)
	s := f.sketch()
	s.items, s.maxes = 7, []uint64{0, 1}
	tree := Open(NewNodes(f.store, 0), plain{kind: 1, sums: true}, f.put(t, s.bytes()))
	_, err := tree.Max(context.Background(), []byte("b"), []byte("n"))
	checkCorrupt(t, "max", err, "maximum 0 where its parent says 1")
}

// TestVerify: every block may be in order and the tree still not be the one of its entries.
func TestVerify(t *testing.T) {
	ctx := context.Background()
	f := newForged(t)
	early := f.sketch() // both leaves belong into one
	n := NewNodes(f.store, 0)
	checkCorrupt(t, "early boundary", Open(n, plain{kind: 1}, f.put(t, early.bytes())).Verify(ctx), "its entries make the tree")

	overlap, err := plain{kind: 1}.Encode([]Entry{{Key: []byte("a")}, {Key: []byte("z")}})
	check(t, err)
	s := f.sketch()
	s.links = []cid.Cid{f.put(t, overlap), f.leafs[1]}
	tree := Open(n, plain{kind: 1}, f.put(t, s.bytes()))
	checkCorrupt(t, "overlapping leaves", tree.Verify(ctx), "keys do not rise")
	_, err = tree.Edit(ctx, []Edit{{Key: []byte("b")}, {Key: []byte("n"), Delete: true}})
	checkCorrupt(t, "edit of overlapping leaves", err, "keys do not rise")

	good, err := Build(ctx, n, plain{kind: 1}, numbered(50_000, golden64), nil)
	check(t, err)
	check(t, good.Verify(ctx))
	check(t, Empty(n, plain{kind: 1}).Verify(ctx))
}

// TestOrder: what does not rise is refused.
func TestOrder(t *testing.T) {
	n := NewNodes(cas.NewMemory(), 0)
	for _, pair := range [][2]string{{"b", "a"}, {"a", "a"}, {"", ""}, {"ab", "a"}} {
		entries := func(yield func(Entry, error) bool) {
			_ = yield(Entry{Key: []byte(pair[0])}, nil) && yield(Entry{Key: []byte(pair[1])}, nil)
		}
		if _, err := Build(context.Background(), n, plain{kind: 1}, entries, nil); !errors.Is(err, errOrder) {
			t.Errorf("Build of %q: %v", pair, err)
		}
		_, err := Empty(n, plain{kind: 1}).Edit(context.Background(), []Edit{{Key: []byte(pair[0])}, {Key: []byte(pair[1])}})
		if err == nil || !strings.Contains(err.Error(), "do not rise") {
			t.Errorf("Edit of %q: %v", pair, err)
		}
	}
	long := []Edit{{Key: make([]byte, maxKey+1)}}
	if _, err := Empty(n, plain{kind: 1}).Edit(context.Background(), long); err == nil || !strings.Contains(err.Error(), "key of 65537 bytes") {
		t.Errorf("Edit of a long key: %v", err)
	}
}

func TestDiffKinds(t *testing.T) {
	n := NewNodes(cas.NewMemory(), 0)
	for _, err := range Diff(context.Background(), Empty(n, plain{kind: 1}), Empty(n, plain{kind: 2})) {
		if err == nil || !strings.Contains(err.Error(), "kinds 1 and 2") {
			t.Fatalf("error %v", err)
		}
		return
	}
	t.Fatal("no error")
}

// TestManyUsers: many goroutines read, edit, hash and flush one tree that is not stored.
func TestManyUsers(t *testing.T) {
	store := cas.NewMemory()
	m := model{}
	for i := range 5000 {
		m[shape(4, i)] = "v"
	}
	tree := m.build(t, NewNodes(store, 1<<16), plain{kind: 1})
	want := rootOf(t, m.build(t, NewNodes(store, 0), plain{kind: 1}))
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error { return use(tree, store, want, i%2 == 0) })
	}
	check(t, g.Wait())
}

// use does everything with a tree that has the root want.
func use(tree Tree, store cas.Store, want string, flush bool) error {
	ctx := context.Background()
	next, err := tree.Edit(ctx, []Edit{{Key: []byte("new"), Val: []byte("v")}})
	if err != nil {
		return err
	}
	if flush {
		next, err = next.Flush(func(b cas.Block) error { return store.Put(ctx, []cas.Block{b}) })
		if err != nil {
			return err
		}
	}
	root, err := tree.Root()
	if err != nil || root.String() != want {
		return fmt.Errorf("root %s, %v, want %s", root, err, want)
	}
	if n, err := next.Len(ctx); err != nil || n != 5001 {
		return fmt.Errorf("%d entries, %v", n, err)
	}
	return next.Verify(ctx)
}
