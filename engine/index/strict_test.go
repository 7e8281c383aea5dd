package index

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// blocksOf are the blocks of a tree of a few levels.
func blocksOf(t fataler, l Layout) (blocks [][]byte) {
	m := model{}
	for i := range 12 {
		m[shape(2, i)] = "large"
	}
	for i := range 2000 {
		m[shape(4, i)] = "small"
	}
	_, err := Build(context.Background(), NewNodes(cas.NewMemory(), 0), l, m.entries(), func(b cas.Block) error {
		blocks = append(blocks, b.Data())
		return nil
	})
	check(t, err)
	return blocks
}

// checkCanonical: what can be decoded is encoded the same way again.
func checkCanonical(t fataler, l Layout, data []byte) {
	t.Helper()
	n, err := decode(l, data)
	if err != nil {
		return
	}
	again := n.encodeAgain(t, l)
	if !bytes.Equal(again, data) {
		t.Fatalf("decoded %x, encodes to %x", data, again)
	}
}

func (n *node) encodeAgain(t fataler, l Layout) []byte {
	if n.level > 0 {
		return n.encodeBranch()
	}
	var run []Entry
	for i := range n.leaf.Len() {
		run = append(run, Entry{n.leaf.AppendKey(nil, i), n.leaf.AppendVal(nil, i)})
	}
	data, err := l.Encode(run)
	check(t, err)
	return data
}

// TestStrict: damaged blocks are refused, or are the canonical form of something else.
func TestStrict(t *testing.T) {
	for _, sums := range []bool{false, true} {
		l := plain{kind: 1, sums: sums}
		blocks := blocksOf(t, l)
		for _, data := range blocks {
			n, err := decode(l, data)
			check(t, err)
			if !bytes.Equal(n.encodeAgain(t, l), data) {
				t.Fatalf("block of level %d is not reproduced", n.level)
			}
		}
		rapid.Check(t, func(r *rapid.T) {
			data := bytes.Clone(rapid.SampledFrom(blocks).Draw(r, "block"))
			for range rapid.IntRange(1, 3).Draw(r, "mutations") {
				data = mutate(r, data)
			}
			checkCanonical(r, l, data)
		})
	}
}

func mutate(r *rapid.T, data []byte) []byte {
	at := rapid.IntRange(0, len(data)-1).Draw(r, "at")
	if rapid.Bool().Draw(r, "near the start") {
		at %= min(len(data), 300)
	}
	switch rapid.IntRange(0, 3).Draw(r, "how") {
	case 0:
		data[at] = rapid.Byte().Draw(r, "byte")
	case 1:
		data[at]++
	case 2:
		return append(data[:at:at], data[min(at+1, len(data)-1):]...)
	case 3:
		return append(append(data[:at:at], data[at]), data[at:]...)
	}
	return data
}

// sketch is a branch to be written by hand.
type sketch struct {
	items, level, n uint64
	same, lens      []uint64
	suffixes        string
	counts          []uint64
	links           []cid.Cid
	maxes           []uint64
}

func (s sketch) bytes() []byte {
	dst := dagcbor.AppendArray(nil, int(s.items))
	dst = dagcbor.AppendUint(dst, 1)
	dst = dagcbor.AppendUint(dst, s.level)
	dst = dagcbor.AppendUint(dst, s.n)
	dst = dagcbor.AppendArray(dst, 3)
	dst = appendUints(dst, s.same)
	dst = appendUints(dst, s.lens)
	dst = dagcbor.AppendBytes(dst, []byte(s.suffixes))
	dst = appendUints(dst, s.counts)
	dst = dagcbor.AppendArray(dst, len(s.links))
	for _, id := range s.links {
		dst = dagcbor.AppendLink(dst, id)
	}
	if s.maxes != nil {
		dst = appendUints(dst, s.maxes)
	}
	return dst
}

func appendUints(dst []byte, nums []uint64) []byte {
	dst = dagcbor.AppendArray(dst, len(nums))
	for _, n := range nums {
		dst = dagcbor.AppendUint(dst, n)
	}
	return dst
}

func TestBranchRefuses(t *testing.T) {
	id := cas.NewBlock(cas.DagCBOR, []byte{1}).CID()
	raw := cas.NewBlock(cas.Raw, []byte{1}).CID()
	good := func() sketch {
		return sketch{items: 6, level: 1, n: 2, same: []uint64{1}, lens: []uint64{2, 1}, suffixes: "abc",
			counts: []uint64{1, 2}, links: []cid.Cid{id, id}}
	}
	if _, err := decode(plain{kind: 1}, good().bytes()); err != nil {
		t.Fatalf("the good branch: %v", err)
	}
	for name, c := range map[string]struct {
		spoil func(*sketch)
		want  string
	}{
		"no children":            {func(s *sketch) { *s = sketch{items: 6, level: 1} }, "0 children"},
		"fewer than it says":     {func(s *sketch) { s.n = 3 }, "separators"},
		"more than it says":      {func(s *sketch) { s.n = 1 }, "separators"},
		"far too many":           {func(s *sketch) { s.n = 1 << 40 }, "children"},
		"level over the limit":   {func(s *sketch) { s.level = 64 }, "level 64"},
		"an item too many":       {func(s *sketch) { s.items = 7; s.maxes = []uint64{1, 2} }, "branch of 7 items"},
		"an item too few":        {func(s *sketch) { s.items = 5 }, "branch of 5 items"},
		"trailing bytes":         {func(s *sketch) { s.maxes = []uint64{1, 2} }, ""},
		"a count of nothing":     {func(s *sketch) { s.counts[1] = 0 }, "count of 0"},
		"counts over 2^64":       {func(s *sketch) { s.counts[1] = math.MaxUint64 }, "over 2^64"},
		"a count missing":        {func(s *sketch) { s.counts = s.counts[:1] }, "count"},
		"a link missing":         {func(s *sketch) { s.links = s.links[:1] }, "link"},
		"a raw child":            {func(s *sketch) { s.links[1] = raw }, "not dag-cbor"},
		"equal separators":       {func(s *sketch) { s.same[0], s.lens[1], s.suffixes = 2, 0, "ab" }, "do not rise"},
		"falling separators":     {func(s *sketch) { s.suffixes = "aba" }, "do not rise"},
		"sharing less than all":  {func(s *sketch) { s.same[0], s.lens[1], s.suffixes = 0, 2, "abac" }, "as short"},
		"sharing what isn't":     {func(s *sketch) { s.same[0] = 3 }, "longer than"},
		"suffix beyond the end":  {func(s *sketch) { s.lens[1] = 2 }, "longer than"},
		"suffixes left over":     {func(s *sketch) { s.suffixes = "abcd" }, "left over"},
		"a length near 2^64":     {func(s *sketch) { s.lens[1] = math.MaxUint64 }, "longer than"},
		"a key over the limit":   {func(s *sketch) { s.lens[0], s.suffixes = maxKey+1, strings.Repeat("a", maxKey+1)+"b" }, "longer than"},
		"more than the splitter": {func(s *sketch) { *s = endless(id) }, "had to end"},
	} {
		s := good()
		c.spoil(&s)
		_, err := decode(plain{kind: 1}, s.bytes())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// endless is a branch of as many children as its largest size could hold, with
// keys of which one surely ends it before.
func endless(id cid.Cid) sketch {
	s := sketch{items: 6, level: 1, n: 200, lens: []uint64{1}, suffixes: "\x00"}
	for i := range 200 {
		if i > 0 {
			s.same, s.lens = append(s.same, 0), append(s.lens, 1)
			s.suffixes += string([]byte{byte(i)})
		}
		s.counts, s.links = append(s.counts, 1), append(s.links, id)
	}
	return s
}

func TestWrongKind(t *testing.T) {
	for _, data := range blocksOf(t, plain{kind: 1}) {
		if _, err := decode(plain{kind: 2}, data); err == nil || !strings.Contains(err.Error(), "kind 1, want 2") {
			t.Fatalf("error %v", err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	l := plain{kind: 1}
	leaf, err := l.Encode([]Entry{{[]byte("a"), []byte("1")}, {[]byte("ab"), nil}, {[]byte("b"), []byte("3")}})
	check(f, err)
	id := cas.NewBlock(cas.DagCBOR, leaf).CID()
	f.Add(leaf)
	f.Add(sketch{items: 6, level: 1, n: 1, lens: []uint64{0}, counts: []uint64{1}, links: []cid.Cid{id}}.bytes())
	f.Add(sketch{items: 6, level: 2, n: 2, same: []uint64{1}, lens: []uint64{2, 1}, suffixes: "abc", counts: []uint64{30, 2000}, links: []cid.Cid{id, id}}.bytes())
	f.Fuzz(func(t *testing.T, data []byte) { checkCanonical(t, l, data) })
}
