package index

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// counting counts the nodes that are read, by level. Blocks in bad are not to be had.
type counting struct {
	cas.Getter
	levels []int
	bad    map[cid.Cid]error
}

func (c *counting) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := c.bad[id]; err != nil {
		return cas.Block{}, err
	}
	b, err := c.Getter.Get(ctx, id)
	if err == nil {
		c.levels[levelOf(b)]++
	}
	return b, err
}

// take is the reads so far, which are forgotten.
func (c *counting) take() []int {
	got := c.levels
	c.levels = make([]int, len(got))
	return got
}

// big is a stored tree of a million entries; nothing of it is cached.
var big = sync.OnceValues(func() (*cas.Memory, cid.Cid) {
	store := cas.NewMemory()
	var blocks []cas.Block
	t, err := Build(context.Background(), NewNodes(store, 0), plain{kind: 1}, numbered(million, golden64), func(b cas.Block) error {
		blocks = append(blocks, b)
		return nil
	})
	if err == nil {
		err = store.Put(context.Background(), blocks)
	}
	if err != nil {
		panic(err)
	}
	return store, t.root.id
})

const bigLevels = 3

func openBig() (Tree, *counting) {
	store, root := big()
	c := &counting{Getter: store, levels: make([]int, bigLevels)}
	return Open(NewNodes(c, 0), plain{kind: 1}, root), c
}

func TestReads(t *testing.T) {
	ctx := context.Background()
	tree, c := openBig()
	atMost := func(what string, each int) {
		t.Helper()
		got := c.take()
		for level, n := range got {
			if n > each {
				t.Errorf("%s reads %d nodes of level %d, want at most %d; all: %v", what, n, level, each, got)
			}
		}
	}
	if c.take(); Open(NewNodes(c, 0), plain{kind: 1}, tree.root.id).root.empty() {
		t.Fatal("opened tree is empty")
	}
	atMost("Open", 0)
	_, ok, err := tree.Get(ctx, keyAt(4711))
	if !ok || err != nil {
		t.Fatalf("Get: %v, %v", ok, err)
	}
	atMost("Get", 1)
	_, err = tree.Rank(ctx, keyAt(4711))
	check(t, err)
	atMost("Rank", 1)
	_, err = tree.Count(ctx, []byte{1}, []byte{0xf0})
	check(t, err)
	atMost("Count", 2)
	for _, err := range tree.At(ctx, million/2) {
		check(t, err)
		break
	}
	atMost("At", 1)
	for _, err := range tree.ScanBack(ctx, nil, keyAt(4711)) {
		check(t, err)
		break
	}
	atMost("the end of a ScanBack", 1)
	_, err = tree.Len(ctx)
	check(t, err)
	if got := c.take(); got[bigLevels-1] != 1 || got[0]+got[1] > 0 {
		t.Errorf("Len reads %v", got)
	}
}

// TestEditReads: an edit reads the nodes that it touches, and a neighbour where
// a boundary moves; each once.
func TestEditReads(t *testing.T) {
	tree, c := openBig()
	total := 0
	const tries = 200
	for i := range uint64(tries) {
		edited(t, tree, []Edit{{Key: append(keyAt(i*4999), 1), Val: []byte("new")}})
		got := c.take()
		if got[2] != 1 || got[1] > 4 || got[0] > 6 {
			t.Errorf("edit %d reads %v", i, got)
		}
		total += got[0] + got[1]
	}
	if mean := float64(total) / tries; mean > 2.3 {
		t.Errorf("an edit reads %.2f nodes below the root on average", mean)
	}
	var edits []Edit
	for i := range uint64(40) {
		edits = append(edits, Edit{Key: bytes.Repeat([]byte{byte(i * 6)}, 9), Val: []byte("new")})
	}
	edited(t, tree, edits)
	if got := c.take(); got[0] > 50 || got[1] > 45 || got[2] != 1 {
		t.Errorf("an edit of %d leaves reads %v", len(edits), got)
	}
}

// TestDiffReads: finding one entry in a million reads a path on either side.
func TestDiffReads(t *testing.T) {
	tree, c := openBig()
	store, _ := big()
	for i := range uint64(50) {
		next := flushedInto(t, edited(t, tree, []Edit{{Key: append(keyAt(i*19997), 1), Val: []byte("new")}}), store)
		after := &counting{Getter: store, levels: make([]int, bigLevels)}
		next.nodes = NewNodes(after, 0)
		c.take()
		changes := 0
		for _, err := range Diff(context.Background(), tree, next) {
			check(t, err)
			changes++
		}
		if changes != 1 {
			t.Fatalf("%d changes", changes)
		}
		for level := range bigLevels {
			if o, n := c.levels[level], after.levels[level]; o > 4 || n > 4 {
				t.Errorf("diff %d reads %d and %d nodes of level %d", i, o, n, level)
			}
		}
	}
	c.take()
	for range Diff(context.Background(), tree, tree) {
		t.Error("a tree differs from itself")
	}
	if got := c.take(); got[2] != 0 {
		t.Errorf("diff with itself reads %v", got)
	}
}

func flushedInto(t fataler, tree Tree, store cas.Store) Tree {
	t.Helper()
	tree = flushed(t, tree, store)
	return Open(tree.nodes, tree.layout, tree.root.id)
}

// TestIdentity: edits that change nothing make no nodes, and others only those that differ.
func TestIdentity(t *testing.T) {
	ctx := context.Background()
	tree, _ := openBig()
	val, _, err := tree.Get(ctx, keyAt(1))
	check(t, err)
	same, err := tree.Edit(ctx, []Edit{{Key: []byte{0}, Delete: true}, {Key: keyAt(1), Val: val}, {Key: []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Delete: true}})
	check(t, err)
	if same != tree {
		t.Error("an edit without effect makes a new tree")
	}
	next := edited(t, tree, []Edit{{Key: keyAt(1), Val: []byte("new")}})
	if got := len(freshBlocks(t, next)); got != bigLevels {
		t.Errorf("setting one entry makes %d blocks, want %d", got, bigLevels)
	}
	if got := len(freshBlocks(t, edited(t, next, []Edit{{Key: keyAt(1), Val: []byte("newer")}}))); got != bigLevels {
		t.Errorf("setting it again leaves %d blocks to store, want %d", got, bigLevels)
	}
}

// freshBlocks are what a flush emits; children come first.
func freshBlocks(t fataler, tree Tree) (blocks []cas.Block) {
	t.Helper()
	seen := map[cid.Cid]bool{}
	fresh := map[cid.Cid]bool{}
	_, err := tree.Flush(func(b cas.Block) error {
		fresh[b.CID()] = true
		blocks = append(blocks, b)
		return nil
	})
	check(t, err)
	for _, b := range blocks {
		links, err := dagcbor.Links(b.Data())
		check(t, err)
		for _, id := range links {
			if fresh[id] && !seen[id] {
				t.Fatalf("block %s comes before its child %s", b.CID(), id)
			}
		}
		seen[b.CID()] = true
	}
	return blocks
}

func TestFlushFails(t *testing.T) {
	n := NewNodes(cas.NewMemory(), 0)
	m := model{}
	for i := range 2000 {
		m[shape(0, i)] = "v"
	}
	tree := m.build(t, n, plain{kind: 1})
	total := len(freshBlocks(t, tree))
	full := errors.New("disk full")
	for fail := range total {
		left := fail
		out, err := tree.Flush(func(cas.Block) error {
			if left--; left < 0 {
				return full
			}
			return nil
		})
		if !errors.Is(err, full) || out != tree {
			t.Fatalf("flush that fails at block %d: error %v, same tree %v", fail, err, out == tree)
		}
	}
	if got := maps.Collect(pairs(t, tree)); !maps.Equal(got, m) {
		t.Fatal("tree does not survive failed flushes")
	}
}

// probe is a key, how many keys are less, and a tree that differs from the big one there.
type probe struct {
	key   []byte
	rank  uint64
	other Tree
}

func newProbe(t fataler, tree Tree) probe {
	p := probe{key: []byte{0x80, 1}}
	var err error
	p.rank, err = tree.Rank(context.Background(), p.key)
	check(t, err)
	p.other = edited(t, tree, []Edit{{Key: p.key, Val: []byte("new")}})
	return p
}

// each runs every operation on tree, at the probe.
func (p probe) each(ctx context.Context, tree Tree) map[string]error {
	end := []byte{0x80, 2}
	errs := map[string]error{}
	_, _, errs["Get"] = tree.Get(ctx, p.key)
	_, errs["Len"] = tree.Len(ctx)
	_, errs["Rank"] = tree.Rank(ctx, p.key)
	_, errs["Count"] = tree.Count(ctx, p.key, end)
	_, errs["Edit"] = tree.Edit(ctx, []Edit{{Key: p.key, Val: p.key}})
	for name, runs := range map[string]func(func(Run, error) bool){
		"Scan": tree.Scan(ctx, p.key, end), "ScanBack": tree.ScanBack(ctx, p.key, end), "At": tree.At(ctx, p.rank),
	} {
		for _, err := range runs {
			if errs[name] = err; name == "At" {
				break
			}
		}
	}
	for _, err := range Diff(ctx, tree, p.other) {
		errs["Diff"] = err
	}
	return errs
}

// TestMissing: whatever block cannot be had, every operation that needs it says which.
func TestMissing(t *testing.T) {
	tree, c := openBig()
	p := newProbe(t, tree)
	path := pathTo(t, tree, p.key)
	for _, cause := range []error{cas.ErrNotFound, errors.New("connection reset")} {
		for level, id := range path {
			c.bad = map[cid.Cid]error{id: cause}
			for name, err := range p.each(context.Background(), tree) {
				if name == "Len" && level < bigLevels-1 {
					continue // reads the root only
				}
				if !errors.Is(err, cause) || !strings.Contains(err.Error(), id.String()) {
					t.Errorf("%s without a node of level %d: %v", name, level, err)
				}
			}
		}
	}
}

// pathTo is the CIDs of the nodes on the way to key, by level.
func pathTo(t *testing.T, tree Tree, key []byte) []cid.Cid {
	ctx := context.Background()
	d, err := tree.top(ctx)
	check(t, err)
	path := make([]cid.Cid, d.level+1)
	path[d.level] = tree.root.id
	for d.level > 0 {
		i := d.find(key)
		path[d.level-1] = d.subs[i].id
		d, err = tree.child(ctx, d, i)
		check(t, err)
	}
	return path
}

func TestCancelled(t *testing.T) {
	tree, c := openBig()
	p := newProbe(t, tree)
	c.take()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	errs := p.each(ctx, tree)
	errs["Verify"] = tree.Verify(ctx)
	for name, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Build(ctx, tree.nodes, tree.layout, numbered(10, 0), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Build: %v", err)
	}
	if got := c.take(); got[0]+got[1]+got[2] > 0 {
		t.Errorf("reads %v after it was cancelled", got)
	}
}
