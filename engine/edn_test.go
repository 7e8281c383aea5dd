package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
	"pgregory.net/rapid"
)

func TestFromEDN(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want Value
	}{
		{BoolKind, "true", Bool(true)}, {LongKind, "42", Long(42)}, {LongKind, "42N", Long(42)}, {RefKind, "7", Ref(7)},
		{DoubleKind, "1.5", Double(1.5)}, {DoubleKind, "3", Double(3)}, {DoubleKind, "##NaN", Double(math.NaN())}, {FloatKind, "1.5", Float(1.5)}, {FloatKind, "##Inf", Float(float32(math.Inf(1)))},
		{InstantKind, `#inst "1970-01-01T00:00:00.001Z"`, Instant(1)}, {KeywordKind, ":a/b", Keyword("a/b")}, {SymbolKind, "a/b", Symbol("a/b")},
		{StringKind, `"x"`, String("x")}, {StringKind, `\x`, String("x")}, {URIKind, `"http://x"`, URI("http://x")}, {URIKind, `#uri "http://x"`, URI("http://x")},
		{BytesKind, `#bytes "ff"`, Bytes([]byte{255})}, {TupleKind, `[1 nil "a"]`, Tuple(Long(1), Value{}, String("a"))},
		{NilKind, `#uri "http://x"`, URI("http://x")}, {NilKind, "1", Long(1)}, {NilKind, "1.0", Double(1)}, {NilKind, "[:a]", Tuple(Keyword("a"))},
	} {
		form, err := edn.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := FromEDN(c.kind, form); err != nil || got != c.want {
			t.Errorf("%s as %s is %v, %v; want %v", c.text, c.kind, got, err, c.want)
		}
	}
}

func TestFromEDNRefuses(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		text, want string
	}{
		{LongKind, `"x"`, `"x" is not of type long`}, {LongKind, "1.0", "1.0 is not of type long"}, {LongKind, "99999999999999999999", "is not of type long"},
		{InstantKind, `"2026-11-01"`, `write #inst "2026-11-01"`}, {UUIDKind, `"x"`, "write #uuid"}, {KeywordKind, `"x"`, "begin with a colon"},
		{BytesKind, `"x"`, "write #bytes"}, {BigDecKind, "1.5", "decimals end in M"}, {StringKind, "x", "in double quotes"}, {RefKind, "0", "not of type ref"},
		{RefKind, "-1", "not of type ref"}, {DoubleKind, "9007199254740993", "not of type double"}, {FloatKind, "1e300", "not of type float"}, {BoolKind, "nil", "nil is not of type boolean"},
		{TupleKind, "[[1]]", "not of type tuple"}, {TupleKind, "[{}]", "not of type tuple"}, {NilKind, "{:a 1}", "cannot be a value"}, {NilKind, "#foo 1", "cannot be a value"},
		{KeywordKind, ":" + strings.Repeat("k", 2000), "a keyword of 2000 bytes is longer than the 1024"},
		{TupleKind, `["` + strings.Repeat("k", 2000) + `"]`, "a tuple of"}, {BigIntKind, "1" + strings.Repeat("0", 3000) + "N", "a bigint of"},
	} {
		form, err := edn.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := FromEDN(c.kind, form); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.30s as %s: %v, want %q", c.text, c.kind, err, c.want)
		}
	}
	if _, err := FromEDN(StringKind, edn.MakeString("\xff")); err == nil {
		t.Error("text that is not UTF-8 was taken")
	}
}

func TestValuesSurviveEDN(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(anyScalar(), tupleOfNatives()).Draw(t, "v")
		got, err := FromEDN(v.Kind(), ToEDN(v))
		if err != nil || got != v {
			t.Fatalf("%v became %v, %v", v, got, err)
		}
	})
}

// tupleOfNatives has no floats and refs, which are doubles and longs in a tuple's EDN.
func tupleOfNatives() *rapid.Generator[Value] {
	return tupleValue().Filter(func(v Value) bool {
		for _, item := range v.Tuple() {
			if item.Kind() == FloatKind || item.Kind() == RefKind {
				return false
			}
		}
		return true
	})
}
