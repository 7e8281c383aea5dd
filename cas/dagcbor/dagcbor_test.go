package dagcbor

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

func testCID(codec uint64, seed byte) cid.Cid {
	sum, err := multihash.Sum([]byte{seed}, multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	return cid.NewCidV1(codec, sum)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

// The examples of RFC 8949, appendix A, that dag-cbor has, and the edges of every length.
func TestKnownBytes(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{AppendUint(nil, 0), "00"},
		{AppendUint(nil, 23), "17"},
		{AppendUint(nil, 24), "1818"},
		{AppendUint(nil, 255), "18ff"},
		{AppendUint(nil, 256), "190100"},
		{AppendUint(nil, 65535), "19ffff"},
		{AppendUint(nil, 65536), "1a00010000"},
		{AppendUint(nil, math.MaxUint32), "1affffffff"},
		{AppendUint(nil, math.MaxUint32+1), "1b0000000100000000"},
		{AppendUint(nil, math.MaxUint64), "1bffffffffffffffff"},
		{AppendInt(nil, 1000000), "1a000f4240"},
		{AppendInt(nil, -1), "20"},
		{AppendInt(nil, -24), "37"},
		{AppendInt(nil, -25), "3818"},
		{AppendInt(nil, -1000), "3903e7"},
		{AppendInt(nil, math.MinInt64), "3b7fffffffffffffff"},
		{AppendFloat(nil, 1.1), "fb3ff199999999999a"},
		{AppendFloat(nil, math.Copysign(0, -1)), "fb8000000000000000"},
		{AppendBool(nil, false), "f4"},
		{AppendBool(nil, true), "f5"},
		{AppendNull(nil), "f6"},
		{AppendBytes(nil, []byte{1, 2, 3, 4}), "4401020304"},
		{AppendText(nil, ""), "60"},
		{AppendText(nil, "水"), "63e6b0b4"},
		{AppendArray(nil, 25), "9819"},
		{AppendMap(nil, 1), "a1"},
		{AppendLink(nil, testCID(cid.Raw, 1)), "d82a5825000155 1220" +
			"4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"},
	} {
		if want := unhex(t, c.want); string(c.got) != string(want) {
			t.Errorf("got %x, want %x", c.got, want)
		}
	}
}

func TestReadsWhatWasAppended(t *testing.T) {
	link := testCID(cid.DagCBOR, 7)
	data := AppendArray(nil, 9)
	data = AppendUint(data, math.MaxUint64)
	data = AppendInt(data, math.MinInt64)
	data = AppendInt(data, math.MaxInt64)
	data = AppendFloat(data, -0.5)
	data = AppendNull(data)
	data = AppendLink(data, link)
	data = AppendLink(data, link)
	data = AppendBytes(data, []byte("raw"))
	data = AppendMap(data, 2)
	data = AppendBool(AppendText(data, "z"), true)
	data = AppendText(AppendText(data, "aa"), "text")

	r := NewReader(data)
	equal(t, "array", r.Array(), 9)
	equal(t, "kind", r.Peek(), Uint)
	equal(t, "uint", r.Uint(), uint64(math.MaxUint64))
	equal(t, "int", r.Int(), int64(math.MinInt64))
	equal(t, "int", r.Int(), int64(math.MaxInt64))
	equal(t, "float", r.Float(), -0.5)
	r.Null()
	equal(t, "link", r.Link(), link)
	equal(t, "link bytes", string(r.LinkBytes()), link.KeyString())
	equal(t, "bytes", string(r.Bytes()), "raw")
	equal(t, "map", r.Map(), 2)
	key := r.Key("")
	equal(t, "key", key, "z")
	equal(t, "bool", r.Bool(), true)
	equal(t, "key", r.Key(key), "aa")
	equal(t, "text", r.Text(), "text")
	equal(t, "end", r.Peek(), End)
	if err := r.Done(); err != nil {
		t.Fatal(err)
	}
	if err := Check(data); err != nil {
		t.Fatal(err)
	}
	links, err := Links(data)
	if err != nil || len(links) != 2 || links[0] != link || links[1] != link {
		t.Fatalf("Links = %v, %v", links, err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestFirstErrorSticks(t *testing.T) {
	r := NewReader(unhex(t, "83 01 02 03"))
	r.Array()
	r.Text()
	first := r.Err()
	if first == nil || first.(*Error).Offset != 1 {
		t.Fatalf("Err = %v, want one at byte 1", first)
	}
	if r.Uint() != 0 || r.Int() != 0 || r.Bytes() != nil || r.Text() != "" || r.Bool() || r.Float() != 0 ||
		r.Link().Defined() || r.LinkBytes() != nil || r.Array() != 0 || r.Map() != 0 || r.Key("") != "" || r.Peek() != End {
		t.Error("a call after the error did not return zero")
	}
	r.Null()
	r.Skip()
	r.Fail("later")
	if r.Err() != first || r.Done() != first {
		t.Errorf("the first error was replaced: %v", r.Err())
	}
}

func TestFailKeepsOffset(t *testing.T) {
	r := NewReader(unhex(t, "82 01 02"))
	r.Array()
	r.Uint()
	r.Fail("the id is odd")
	if got, want := r.Done().Error(), "dag-cbor at byte 2: the id is odd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIntRefusesWhatDoesNotFit(t *testing.T) {
	r := NewReader(AppendUint(nil, math.MaxInt64+1))
	if n := r.Int(); n != 0 || r.Err() == nil {
		t.Errorf("Int = %d, %v", n, r.Err())
	}
}

func TestEmptyKey(t *testing.T) {
	data := unhex(t, "a1 60 01")
	if err := Check(data); err != nil {
		t.Errorf("Check: %v", err)
	}
	r := NewReader(data)
	r.Map()
	if r.Key(""); r.Err() == nil {
		t.Error("Key took an empty key")
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) []byte { return append([]byte(strings.Repeat("\x81", n)), 0) }
	if err := Check(nested(MaxDepth)); err != nil {
		t.Errorf("%d deep: %v", MaxDepth, err)
	}
	if err := Check(nested(MaxDepth + 1)); err == nil {
		t.Errorf("%d deep was not refused", MaxDepth+1)
	}
}

func TestAppendPanicsOnWhatCannotBeRead(t *testing.T) {
	for name, f := range map[string]func(){
		"NaN":      func() { AppendFloat(nil, math.NaN()) },
		"infinity": func() { AppendFloat(nil, math.Inf(-1)) },
		"text":     func() { AppendText(nil, "\xff") },
		"link":     func() { AppendLink(nil, cid.Undef) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	row := appendRow(nil)
	links := linkList(20)
	allocs := testing.AllocsPerRun(100, func() {
		r := NewReader(row)
		readRow(r)
		l := NewReader(links)
		for n := l.Array(); n > 0; n-- {
			l.LinkBytes()
		}
		if r.Done() != nil || l.Done() != nil || Check(links) != nil {
			t.Fatal(r.Err(), l.Err())
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
