package index

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/zeebo/xxh3"
)

// The roots of this file are the format: they are the same on every machine and
// change only with the format's version.

// TestGoldenHash: what the splitter casts its die with, on keys whose byte i is 7i mod 256.
func TestGoldenHash(t *testing.T) {
	for _, c := range []struct {
		length int
		want   [3]uint64 // at levels 0, 1, 2
	}{
		{0, [3]uint64{0x2d06800538d394c2, 0x4dc5b0cc826f6703, 0xf36cf7ecd1fcfda0}},
		{1, [3]uint64{0xc44bdff4074eecdb, 0x5eaac1f7b17ef730, 0x1cddf8f8475304c7}},
		{3, [3]uint64{0xc3489259e968ad9e, 0xdc7e936cd5b1f73a, 0x70e750d3bc92eb1f}},
		{4, [3]uint64{0xd3d60c1519014e89, 0x9b11bed53e056c09, 0xb17959dc719aec20}},
		{8, [3]uint64{0xb88dee77f6bf6980, 0xf5b150850a3af413, 0x51c96153a0a48be6}},
		{9, [3]uint64{0x03688dcad730d826, 0x4ed4dbd3cb3c8e40, 0x60367441f0fc4ed9}},
		{16, [3]uint64{0x9da23836adf2be1e, 0x5affb3e746f3297f, 0xb4fe1e322b68257f}},
		{17, [3]uint64{0xf34c3c9cf5a112d1, 0xb80cf3ea33302944, 0x2743f42642322c59}},
		{64, [3]uint64{0x6efb76ff16f37561, 0xc3f5f701ba7ee620, 0x005182fba88b37ea}},
		{128, [3]uint64{0x65f3c2c00fa93185, 0x134eeaed38b94752, 0xed1363aef84834c9}},
		{129, [3]uint64{0x28065c6ec25f5b25, 0x89a0bd2306be36a1, 0x349cdb918071576d}},
		{240, [3]uint64{0x4917a75c0ef8eed7, 0xea28c86764f89de3, 0x2216b8870afa7bd8}},
		{241, [3]uint64{0x541b19226f0052e8, 0x58b2d7fb8b6fdb8b, 0xc69111e436c2dd3f}},
		{1000, [3]uint64{0x10ad30264426c830, 0xd619d4c0fec48d50, 0xf2065e36165ca096}},
		{2500, [3]uint64{0x24bdcc39a1641cc5, 0xbcd140275940d1ee, 0x6ae681d692c773dd}},
	} {
		key := make([]byte, c.length)
		for i := range key {
			key[i] = byte(7 * i)
		}
		for level, want := range c.want {
			if got := xxh3.HashSeed(key, uint64(level)); got != want {
				t.Errorf("hash of %d bytes at level %d is %#016x, want %#016x", c.length, level, got, want)
			}
		}
	}
}

func TestGoldenRoots(t *testing.T) {
	many := model{}
	for kind := range 5 {
		for i := range 30 {
			many[shape(kind, i)] = strings.Repeat("v", i)
		}
	}
	n := NewNodes(cas.NewMemory(), 0)
	build := func(l Layout, count int, mix uint64) Tree {
		tree, err := Build(context.Background(), n, l, numbered(count, mix), nil)
		check(t, err)
		return tree
	}
	for _, c := range []struct {
		name string
		tree Tree
		want string
	}{
		{"empty", Empty(n, plain{kind: 1}), "b"},
		{"one", build(plain{kind: 1}, 1, 0), "bafyreifabyzyg4voan4nm7il2m5ykkjj2xuw2umhsq66j532umqa45x43u"},
		{"sequential", build(plain{kind: 1}, 20_000, 0), "bafyreidbdpa63b7bqywfl66tolrbt44vhrlkzh64a34uukyxpvwlbp3pdm"},
		{"scattered", build(plain{kind: 2}, 200_000, golden64), "bafyreib6jvk2uebjxvmorvkzxi7l7dqk7fnhzyou35padz55texhk552na"},
		{"sums", build(plain{kind: 3, sums: true}, 20_000, golden64), "bafyreihrwc7v6akrdvge3wrjfso4it25ms6dvbsprt3ciemyu4sxrqcafi"},
		{"mixed", many.build(t, n, plain{kind: 4}), "bafyreidzb6jttipjiwwg7xrvcftcjb3nky6oj6p25turjvgpc4k2bzfnxu"},
	} {
		if got := rootOf(t, c.tree); got != c.want {
			t.Errorf("%s: root %s, want %s", c.name, got, c.want)
		}
	}
}

// goldenBranch is the branch of TestGoldenBranch.
const goldenBranch = "8601010383820000830808085818007dc9d4dacaef1d80e38da90dd80935c8b6528204ff950a8318c81871185783d82a582500017112208c20a950b7365a4604d9041a8390255b472e2f3a6ad2c9488d91a1ef519d8fecd82a58250001711220353dd036a7618cefb154fbb688fbe6e09bab581ab2bc0065ad4a8f3da3ddc941d82a582500017112208641d3cba61c00d75bb1c37931ba2e5a2cfee4d946fb656891aff994e067cdfa"

// TestGoldenBranch: the bytes of a small branch, as FORMAT.md shows them.
func TestGoldenBranch(t *testing.T) {
	n := NewNodes(cas.NewMemory(), 0)
	tree, err := Build(context.Background(), n, plain{kind: 1}, numbered(400, golden64), nil)
	check(t, err)
	if got := hex.EncodeToString(tree.root.fresh.seal().Data()); got != goldenBranch {
		t.Errorf("branch is\n%s, want\n%s", got, goldenBranch)
	}
}
