package ingest

import (
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

func TestInferText(t *testing.T) {
	for text, want := range map[string]engine.Kind{
		"1 2 -3 0": engine.LongKind, "1 2.5": engine.DoubleKind, "1e5 .5 -0.25": engine.DoubleKind, "9223372036854775807": engine.LongKind,
		"9223372036854775808": engine.StringKind, "9007199254740993 0.5": engine.StringKind, "1e400": engine.StringKind, "-0": engine.StringKind,
		"007": engine.StringKind, "1 007": engine.StringKind, "+49": engine.StringKind, "1 x": engine.StringKind, "1. 2": engine.StringKind, "1,5": engine.StringKind, "0x1F": engine.StringKind, "1_000": engine.StringKind, "NaN": engine.StringKind, "- .": engine.StringKind, "1e+-5": engine.StringKind, "1e++5": engine.StringKind,
		"true FALSE True": engine.BoolKind, "true 1": engine.StringKind, "yes": engine.StringKind,
		"2026-11-22 1999-12-31T23:59": engine.InstantKind, "2026-11-22T14:30:00.123456Z 2026-11-22T14:30:00+0100": engine.InstantKind, "2026-02-30": engine.StringKind, "2026-11": engine.StringKind, "2026": engine.LongKind, "2026-11-22T14": engine.StringKind, "22.11.2026": engine.StringKind, "2026-11-22 14": engine.StringKind,
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6 00000000-7dec-11d0-a765-00a0c91e6bf6": engine.UUIDKind, "f81d4fae-7dec-11d0-a765-00a0c91e6bfg": engine.StringKind,
	} {
		types := asAnything
		for _, s := range strings.Fields(text) {
			types &= typesOfText(s)
		}
		if got := types.inferred(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestInferJSON(t *testing.T) {
	for text, want := range map[string]engine.Kind{
		"1 2": engine.LongKind, "1 2.0": engine.DoubleKind, "1 12345678901234567890": engine.BigIntKind, "12345678901234567890 0.5": engine.StringKind,
		`"1" "2"`: engine.StringKind, `"true"`: engine.StringKind, "true false": engine.BoolKind, "1 true": engine.StringKind,
		`"2026-11-22"`: engine.InstantKind, `"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`: engine.UUIDKind, `"2026-11-22" "soon"`: engine.StringKind, `""`: engine.StringKind,
	} {
		types := asAnything
		r := edn.NewJSONReader(strings.NewReader(text))
		for v, err := r.Next(); err == nil; v, err = r.Next() {
			types &= typesOf(v)
		}
		if got := types.inferred(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct{ text, kind, want string }{
		{`"12"`, "long", "12"}, {`" 12 "`, "long", "12"}, {"12", "long", "12"}, {`"x"`, "long", ""}, {"1.0", "long", ""}, {`"007"`, "long", ""},
		{`"12"`, "bigint", "12N"}, {"12", "bigint", "12N"}, {`"12345678901234567890"`, "bigint", "12345678901234567890N"}, {"12345678901234567890", "bigint", "12345678901234567890N"},
		{`"1.50"`, "bigdec", "1.50M"}, {`".5"`, "bigdec", "0.5M"}, {`"-.5"`, "bigdec", "-0.5M"}, {"1.5", "bigdec", "1.5M"}, {"2", "bigdec", "2M"}, {`"1,5"`, "bigdec", ""},
		{`"1"`, "double", "1.0"}, {"1", "double", "1.0"}, {"0.1", "float", "0.10000000149011612"}, {`"0.1"`, "float", "0.10000000149011612"}, {"true", "double", ""},
		{`"TRUE"`, "boolean", "true"}, {`"1"`, "boolean", ""}, {"true", "boolean", "true"}, {"1", "boolean", ""},
		{`"2026-11-22 14:30:00 UTC"`, "instant", `#inst "2026-11-22T14:30:00.000Z"`}, {`"2026-11-22T14:30:00.5+0130"`, "instant", `#inst "2026-11-22T13:00:00.500Z"`}, {`"soon"`, "instant", ""}, {"2026", "instant", ""},
		{`"F81D4FAE-7dec-11d0-a765-00a0c91e6bf6"`, "uuid", `#uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`},
		{`":a/b"`, "keyword", ":a/b"}, {`"a b"`, "keyword", ""}, {`"a"`, "symbol", "a"}, {`"https://example.org"`, "uri", `"https://example.org"`},
		{`"0x00ff"`, "bytes", `#bytes "00ff"`}, {`"\\xff"`, "bytes", `#bytes "ff"`}, {`"f"`, "bytes", ""},
		{"12", "string", `"12"`}, {"1.50", "string", `"1.5"`}, {"true", "string", `"true"`}, {`" x "`, "string", `" x "`},
	} {
		v, err := edn.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		k, ok := kindNamed(c.kind)
		if !ok {
			t.Fatalf("no type %s", c.kind)
		}
		got, ok := convert(v, k)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s as %s: %s, %v, want %s", c.text, c.kind, got, ok, c.want)
		}
		if got.Pos() != v.Pos() {
			t.Errorf("%s as %s lost its position", c.text, c.kind)
		}
	}
}

func TestHeadings(t *testing.T) {
	for text, want := range map[string]heading{
		"customerID": {name: "customerID"}, " Unit Price (EUR) ": {name: "Unit-Price-EUR"}, "_id": {name: "id"}, "~id": {name: "id"}, "a--b": {name: "a--b"}, "größe": {name: "größe"}, "---": {}, "()": {}, "%": {},
		"person/name": {space: "person", name: "name"}, ":person/name": {space: "person", name: "name"}, "a/b/c": {name: "a-b-c"}, "km/h ": {space: "km", name: "h"}, "/x": {name: "x"},
		"age:int": {name: "age", kind: engine.LongKind}, "lat:float": {name: "lat", kind: engine.DoubleKind}, "at:date": {name: "at", kind: engine.InstantKind}, "a:b": {name: "a-b"}, "x:Boolean": {name: "x", kind: engine.BoolKind}, "2nd.name?": {name: "2nd.name?"},
	} {
		if got := parseHeading(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestKeyNames(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		want       bool
	}{
		{"id", "x", true}, {"ID", "x", true}, {"uuid", "x", true}, {"customerID", "customers", true}, {"customer_id", "customer", true}, {"CategoryId", "categories", true}, {"boxID", "boxes", true}, {"order-details-id", "order-details", true}, {"orderDetailID", "order-details", true},
		{"address_id", "customer.address", true}, {"orderID", "order-details", false}, {"name", "x", false}, {"paid", "pa", true}, {"grid", "x", false},
	} {
		if got := isKeyName(c.name, c.kind); got != c.want {
			t.Errorf("%s of %s: %v", c.name, c.kind, got)
		}
	}
}

func TestKeySet(t *testing.T) {
	var s keySet
	if s.has("x") {
		t.Error("an empty set has x")
	}
	for i := range 5000 {
		if key := strings.Repeat("k", i); s.add(key) || !s.add(key) || !s.has(key) || s.n != i+1 {
			t.Fatalf("key %d", i)
		}
	}
	if s.has("x") {
		t.Error("the set has x")
	}
}
