package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"pgregory.net/rapid"
)

// model is what a tree should hold.
type model map[string]string

func (m model) keys() []string { return slices.Sorted(maps.Keys(m)) }

func (m model) entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, k := range m.keys() {
			if !yield(Entry{Key: []byte(k), Val: []byte(m[k])}, nil) {
				return
			}
		}
	}
}

// edits are those that turn m into to.
func (m model) edits(to model) []Edit {
	var out []Edit
	for k := range m {
		if _, ok := to[k]; !ok {
			out = append(out, Edit{Key: []byte(k), Delete: true})
		}
	}
	for k, v := range to {
		if old, ok := m[k]; !ok || old != v {
			out = append(out, Edit{Key: []byte(k), Val: []byte(v)})
		}
	}
	sort.Slice(out, func(i, j int) bool { return bytes.Compare(out[i].Key, out[j].Key) < 0 })
	return out
}

func (m model) build(t fataler, n *Nodes, l Layout) Tree {
	tree, err := Build(context.Background(), n, l, m.entries(), nil)
	check(t, err)
	return tree
}

// fataler is what *testing.T and *rapid.T have in common here.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func check(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

func edited(t fataler, tree Tree, edits []Edit) Tree {
	t.Helper()
	out, err := tree.Edit(context.Background(), edits)
	check(t, err)
	return out
}

func rootOf(t fataler, tree Tree) string {
	t.Helper()
	id, err := tree.Root()
	check(t, err)
	return id.String()
}

// shape is a way of making keys: what they share and how long they are matters to the splitter.
func shape(kind, i int) string {
	switch kind {
	case 0: // short numbers
		return string(binary.BigEndian.AppendUint32(nil, uint32(i)))
	case 1: // long common prefixes
		return fmt.Sprintf("%s/%06d", bytes.Repeat([]byte("prefix/"), 30), i)
	case 2: // every key larger than a node should be
		return fmt.Sprintf("%04d%s", i, bytes.Repeat([]byte{byte(i)}, 11<<10))
	case 3: // long and different: few entries make several levels
		return fmt.Sprintf("%08x%s", uint32(i)*0x9E3779B9, bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 50+i%200))
	default: // scattered
		h := uint64(i) * 0x9E3779B97F4A7C15
		return string(binary.BigEndian.AppendUint64(nil, h))[:3+i%6] + fmt.Sprint(i)
	}
}

// filled is a model of about n entries.
func filled(r *rapid.T, n int) model {
	m := model{}
	kind := rapid.IntRange(0, 4).Draw(r, "shape")
	if kind == 2 {
		n = min(n, 25)
	}
	size := rapid.IntRange(0, n).Draw(r, "size")
	stride := rapid.IntRange(1, 5).Draw(r, "stride")
	for i := range size {
		m[shape(kind, i*stride)] = fmt.Sprint(i)
	}
	return m
}

// changed is m after a few operations of the kind that move boundaries: runs
// removed, runs inserted, single entries set.
func changedModel(r *rapid.T, m model) model {
	out := maps.Clone(m)
	keys := m.keys()
	for range rapid.IntRange(0, 5).Draw(r, "changes") {
		at := rapid.IntRange(0, len(keys)).Draw(r, "at")
		run := rapid.SampledFrom([]int{1, 2, 30, 1000, 100000}).Draw(r, "run")
		switch rapid.IntRange(0, 2).Draw(r, "what") {
		case 0:
			for _, k := range keys[at:min(at+run, len(keys))] {
				delete(out, k)
			}
		case 1:
			for i := range min(run, 300) {
				base := ""
				if at < len(keys) {
					base = keys[at][:min(len(keys[at]), 300)]
				}
				out[fmt.Sprintf("%s+%05d", base, i)] = "new"
			}
		case 2:
			for _, k := range keys[at:min(at+run, at+200, len(keys))] {
				out[k] = rapid.SampledFrom([]string{"", "1", "changed"}).Draw(r, "val")
			}
		}
	}
	return out
}

// TestEditIsBuild: whatever the order and the grouping of edits, and wherever
// flushes happen between them, the tree is the one that a bulk build makes.
func TestEditIsBuild(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		store := cas.NewMemory()
		n := NewNodes(store, rapid.SampledFrom([]int64{0, 1 << 12, 1 << 20}).Draw(r, "cache"))
		if rapid.Bool().Draw(r, "ahead") {
			n.ReadAhead(castest.Batching(store))
		}
		l := plain{kind: 1, sums: rapid.Bool().Draw(r, "sums")}
		m := filled(r, 1500)
		first := m.build(r, n, l)
		tree := first
		for range rapid.IntRange(1, 3).Draw(r, "edits") {
			next := changedModel(r, m)
			tree = inParts(r, tree, m.edits(next))
			if got, want := rootOf(r, tree), rootOf(r, next.build(r, n, l)); got != want {
				r.Fatalf("edit of %d to %d entries: root %s, built %s", len(m), len(next), got, want)
			}
			if rapid.Bool().Draw(r, "flush") {
				tree = flushed(r, tree, store)
			}
			checkTree(r, tree, next)
			m = next
		}
		back := maps.Collect(pairs(r, first))
		if got := rootOf(r, edited(r, tree, m.edits(back))); got != rootOf(r, first) {
			r.Fatalf("undone edits: root %s, want %s", got, rootOf(r, first))
		}
	})
}

// inParts makes edits in one to four groups that interleave, groups in any order.
func inParts(r *rapid.T, tree Tree, edits []Edit) Tree {
	parts := rapid.IntRange(1, 4).Draw(r, "parts")
	for p := range parts {
		var part []Edit
		for i, e := range edits {
			if i*7%parts == parts-1-p {
				part = append(part, e)
			}
		}
		tree = edited(r, tree, part)
	}
	return tree
}

func flushed(t fataler, tree Tree, store cas.Store) Tree {
	t.Helper()
	out, err := tree.Flush(func(b cas.Block) error {
		return store.Put(context.Background(), []cas.Block{b})
	})
	check(t, err)
	if out.root.fresh != nil || rootOf(t, out) != rootOf(t, tree) {
		t.Fatalf("flush gave %s for %s", rootOf(t, out), rootOf(t, tree))
	}
	return out
}

func pairs(t fataler, tree Tree) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for run, err := range tree.Scan(context.Background(), nil, nil) {
			check(t, err)
			for i := run.Lo; i < run.Hi; i++ {
				if !yield(string(run.Leaf.AppendKey(nil, i)), string(run.Leaf.AppendVal(nil, i))) {
					return
				}
			}
		}
	}
}

// checkTree compares everything that can be asked of a tree with the model.
func checkTree(r *rapid.T, tree Tree, m model) {
	ctx := context.Background()
	keys := m.keys()
	if got := maps.Collect(pairs(r, tree)); !maps.Equal(got, m) {
		r.Fatalf("scan gives %d entries, want %d", len(got), len(m))
	}
	n, err := tree.Len(ctx)
	check(r, err)
	if n != uint64(len(m)) {
		r.Fatalf("Len %d, want %d", n, len(m))
	}
	for range 5 {
		checkRange(r, tree, m, keys, bound(r, keys, "lo"), bound(r, keys, "hi"))
	}
}

// bound is nil, a key, or something beside a key.
func bound(r *rapid.T, keys []string, label string) []byte {
	if len(keys) == 0 || rapid.IntRange(0, 9).Draw(r, label+" open") == 0 {
		return nil
	}
	k := []byte(rapid.SampledFrom(keys).Draw(r, label))
	switch rapid.IntRange(0, 3).Draw(r, label+" beside") {
	case 0:
		return append(k, 0)
	case 1:
		return k[:len(k)/2]
	}
	return k
}

func checkRange(r *rapid.T, tree Tree, m model, keys []string, lo, hi []byte) {
	ctx := context.Background()
	from := sort.SearchStrings(keys, string(lo))
	to := len(keys)
	if hi != nil {
		to = max(sort.SearchStrings(keys, string(hi)), from)
	}
	want := keys[from:to]
	if got := keysOf(r, tree.Scan(ctx, lo, hi), false); !slices.Equal(got, want) {
		r.Fatalf("Scan [%q, %q): %d keys, want %d", lo, hi, len(got), len(want))
	}
	if got := keysOf(r, tree.ScanBack(ctx, lo, hi), true); !slices.Equal(got, want) {
		r.Fatalf("ScanBack [%q, %q): %d keys, want %d", lo, hi, len(got), len(want))
	}
	if got := keysOf(r, tree.At(ctx, uint64(from)), false); !slices.Equal(got, keys[from:]) {
		r.Fatalf("At %d: %d keys, want %d", from, len(got), len(keys)-from)
	}
	rank, err := tree.Rank(ctx, lo)
	check(r, err)
	count, err := tree.Count(ctx, lo, hi)
	check(r, err)
	if rank != uint64(from) || count != uint64(len(want)) {
		r.Fatalf("[%q, %q): rank %d, count %d, want %d, %d", lo, hi, rank, count, from, len(want))
	}
	most := uint64(0)
	for _, k := range want {
		if tree.layout.Sums() {
			most = max(most, sumOf([]byte(m[k])))
		}
	}
	if got, err := tree.Summarize(ctx, lo, hi); err != nil || got.Count != count || got.Max != most {
		r.Fatalf("[%q, %q): summary of %d entries with maximum %d, %v; want %d, %d", lo, hi, got.Count, got.Max, err, count, most)
	}
	if got, err := tree.Max(ctx, lo, hi); err != nil || got != most {
		r.Fatalf("Max [%q, %q): %d, %v, want %d", lo, hi, got, err, most)
	}
	val, ok, err := tree.Get(ctx, lo)
	check(r, err)
	if v, there := m[string(lo)]; ok != there || string(val) != v {
		r.Fatalf("Get %q: %q, %v, want %q, %v", lo, val, ok, v, there)
	}
}

func keysOf(t fataler, runs iter.Seq2[Run, error], back bool) (out []string) {
	for run, err := range runs {
		check(t, err)
		if run.Lo >= run.Hi {
			t.Fatalf("empty run")
		}
		var part []string
		for i := run.Lo; i < run.Hi; i++ {
			part = append(part, string(run.Leaf.AppendKey(nil, i)))
		}
		if back {
			out = append(part, out...)
			continue
		}
		out = append(out, part...)
	}
	return out
}

// TestDiffIsModel: Diff finds exactly the keys whose values differ, both ways.
func TestDiffIsModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := NewNodes(cas.NewMemory(), 1<<20)
		l := plain{kind: 1}
		a := filled(r, 1500)
		b := changedModel(r, a)
		if rapid.Bool().Draw(r, "unrelated") {
			b = filled(r, 1500)
		}
		want := a.edits(b)
		i := 0
		for c, err := range Diff(context.Background(), a.build(r, n, l), b.build(r, n, l)) {
			check(r, err)
			if i == len(want) {
				r.Fatalf("more than %d changes", len(want))
			}
			checkChange(r, c, want[i], a)
			i++
		}
		if i != len(want) {
			r.Fatalf("%d changes, want %d", i, len(want))
		}
	})
}

func checkChange(t fataler, c Change, want Edit, before model) {
	old, had := before[string(want.Key)]
	switch {
	case !bytes.Equal(c.Key, want.Key):
		t.Fatalf("change of %q, want %q", c.Key, want.Key)
	case (c.Old != nil) != had || string(c.Old) != old:
		t.Fatalf("old %q of %q, want %q, %v", c.Old, c.Key, old, had)
	case (c.New == nil) != want.Delete || !bytes.Equal(c.New, want.Val):
		t.Fatalf("new %q of %q, want %q", c.New, c.Key, want.Val)
	}
}
