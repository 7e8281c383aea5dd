package engine

import (
	"bytes"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/dhfs/dhfs/engine/index"
	"pgregory.net/rapid"
)

func anyDatom(kinds *rapid.Generator[Value]) *rapid.Generator[Datom] {
	return rapid.Custom(func(t *rapid.T) Datom {
		return Datom{
			E:     ID(rapid.OneOf(rapid.Uint64Range(1, 9), rapid.Uint64Range(1, 1<<63-1)).Draw(t, "e")),
			A:     ID(rapid.OneOf(rapid.Uint64Range(uint64(dbPart)+1000, uint64(dbPart)+1003), rapid.Uint64Range(1, 1<<63-1)).Draw(t, "a")),
			V:     kinds.Draw(t, "v"),
			T:     rapid.Uint64Range(1, 300).Draw(t, "t"),
			Added: rapid.Bool().Draw(t, "added"),
		}
	})
}

// runOf makes the entries of a leaf: rising keys, each once.
func runOf(l datomLayout, datoms []Datom) []index.Entry {
	var run []index.Entry
	for _, d := range datoms {
		e := index.Entry{Key: l.appendKey(nil, d)}
		if !l.history {
			e.Val = appendUint(nil, d.T)
		}
		run = append(run, e)
	}
	slices.SortFunc(run, func(a, b index.Entry) int { return bytes.Compare(a.Key, b.Key) })
	return slices.CompactFunc(run, func(a, b index.Entry) bool { return bytes.Equal(a.Key, b.Key) })
}

func TestLeavesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := datomLayout{Index(rapid.IntRange(0, 2).Draw(t, "order")), rapid.Bool().Draw(t, "history")}
		values := anyValue()
		if rapid.Bool().Draw(t, "of one kind") {
			values = rapid.Map(rapid.Int64(), Long)
		}
		run := runOf(l, rapid.SliceOfN(anyDatom(values), 1, 30).Draw(t, "datoms"))
		data, err := l.Encode(run)
		if err != nil {
			t.Fatal(err)
		}
		if err := dagcbor.Check(data); err != nil {
			t.Fatal(err)
		}
		leaf, err := l.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		checkLeaf(t, leaf, run)
	})
}

func checkLeaf(t *rapid.T, leaf index.Leaf, run []index.Entry) {
	if leaf.Len() != len(run) {
		t.Fatalf("%d entries became %d", len(run), leaf.Len())
	}
	for i, e := range run {
		if key := leaf.AppendKey(nil, i); !bytes.Equal(key, e.Key) {
			t.Fatalf("key %x became %x", e.Key, key)
		}
		if val := leaf.AppendVal(nil, i); !bytes.Equal(val, e.Val) {
			t.Fatalf("payload %x became %x", e.Val, val)
		}
		if at := leaf.Search(e.Key); at != i {
			t.Fatalf("key %d was found at %d", i, at)
		}
		if at := leaf.Search(append(slices.Clone(e.Key), 0)); at != i+1 {
			t.Fatalf("what follows key %d was found at %d", i, at)
		}
	}
}

func TestNameLeavesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.Map(anyText(), FileName), 1, 20, rapid.ID).Draw(t, "names")
		slices.Sort(names)
		var run []index.Entry
		newest := uint64(0)
		for _, name := range names {
			e := nameEntry{ID(rapid.Uint64Range(1, 1<<63-1).Draw(t, "id")), rapid.Uint64Range(1, 1<<42).Draw(t, "newest"), rapid.Uint64().Draw(t, "digest")}
			newest = max(newest, e.newest)
			run = append(run, index.Entry{Key: []byte(name), Val: e.appendTo(nil)})
		}
		data, err := nameLayout{}.Encode(run)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := nameLayout{}.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		checkLeaf(t, leaf, run)
		if leaf.Max() != newest {
			t.Fatalf("maximum is %d, want %d", leaf.Max(), newest)
		}
	})
}

func TestLeafLinksValuesOutOfLine(t *testing.T) {
	v, block, moved := outline(String(string(bytes.Repeat([]byte("0123456789"), 200))))
	if !moved {
		t.Fatal("2,000 bytes stayed inline")
	}
	data, err := datomLayout{order: EAVT}.Encode(runOf(datomLayout{order: EAVT}, []Datom{{E: 1, A: dbPart + 1000, V: v, T: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	links, err := dagcbor.Links(data)
	if err != nil || len(links) != 1 || links[0] != block.CID() {
		t.Fatalf("links are %v, %v; want %s", links, err, block.CID())
	}
	if v.Link() != block.CID() || v.Size() != 2000 {
		t.Errorf("link %s and size %d", v.Link(), v.Size())
	}
}

func TestLeafRefusesTextThatIsNotUTF8(t *testing.T) {
	l := datomLayout{order: AEVT}
	for _, v := range []Value{String("a\xff"), Keyword("\xff"), Tuple(Long(1), String("\xff"))} {
		if _, err := l.Encode(runOf(l, []Datom{{E: 1, V: v, T: 1}})); err == nil {
			t.Errorf("%q was laid out", Text(v))
		}
	}
}

// A leaf that is read is exactly the leaf that would be written.
func FuzzLeaf(f *testing.F) {
	out, _, _ := outline(Bytes(make([]byte, 3000)))
	for kind := range uint64(6) {
		l := datomLayout{Index(kind % 3), kind >= 3}
		data, err := l.Encode(runOf(l, []Datom{
			{E: 1, A: dbPart + 1000, V: String("x"), T: 1}, {E: 1, A: dbPart + 1001, V: Long(2), T: 1, Added: true},
			{E: 5, A: dbPart + 1001, V: Tuple(Long(1), Bool(true)), T: 3}, {E: 5, A: dbPart + 1002, V: out, T: 3},
		}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, data)
	}
	data, err := nameLayout{}.Encode([]index.Entry{{Key: []byte("a"), Val: nameEntry{1, 2, 3}.appendTo(nil)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint64(6), data)
	f.Fuzz(func(t *testing.T, kind uint64, data []byte) {
		var l index.Layout = datomLayout{Index(kind % 3), kind%7 >= 3}
		if kind%7 == 6 {
			l = nameLayout{}
		}
		leaf, err := l.Decode(data)
		if err != nil {
			return
		}
		var run []index.Entry
		for i := range leaf.Len() {
			run = append(run, index.Entry{Key: leaf.AppendKey(nil, i), Val: leaf.AppendVal(nil, i)})
		}
		again, err := l.Encode(run)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x was read, and written as %x, %v", data, again, err)
		}
	})
}
