package edn

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// names are keywords or symbols of every allowed character.
var names = rapid.StringMatching(`[a-zA-Z*!_?$%&=<>|é][a-zA-Z0-9*+!_?$%&=<>|#'ß.-]{0,8}(/[a-z*!_?=<>][a-z0-9.'-]{0,5})?`).Filter(func(s string) bool {
	return IsKeyword(s) && IsSymbol(s)
})

func bigInts() *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "magnitude"))
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		return n
	})
}

func scalars() *rapid.Generator[Value] {
	small := rapid.Custom(func(t *rapid.T) Value { // numbers that meet each other across kinds
		n := rapid.Int64Range(-3, 3).Draw(t, "n")
		return rapid.SampledFrom([]Value{MakeInt(n), MakeFloat(float64(n)), MakeFloat(float64(n) / 2), MakeBigInt(big.NewInt(n)),
			MakeBigDec(big.NewInt(n), 0), MakeBigDec(big.NewInt(n*10), 1), MakeBigDec(big.NewInt(n*5), 1)}).Draw(t, "small")
	})
	return rapid.OneOf(
		small, small,
		rapid.SampledFrom([]Value{MakeNil(), MakeBool(true), MakeBool(false), MakeFloat(math.NaN()), MakeFloat(math.Inf(1)), MakeFloat(math.Inf(-1)), MakeFloat(math.Copysign(0, -1))}),
		rapid.Map(rapid.Int64(), MakeInt),
		rapid.Map(rapid.Int64(), MakeInst),
		rapid.Map(rapid.Float64(), MakeFloat),
		rapid.Map(bigInts(), MakeBigInt),
		rapid.Custom(func(t *rapid.T) Value {
			return MakeBigDec(bigInts().Draw(t, "unscaled"), rapid.Int32().Draw(t, "scale"))
		}),
		rapid.Map(rapid.Rune(), func(c rune) Value { return MakeChar(c) }),
		rapid.Map(rapid.String(), MakeString),
		rapid.Map(names, MakeKeyword),
		rapid.Map(names, MakeSymbol),
		rapid.Map(rapid.SliceOf(rapid.Byte()), MakeBytes),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) Value { return MakeUUID([16]byte(b)) }),
	)
}

func values(depth int) *rapid.Generator[Value] {
	if depth == 0 {
		return scalars()
	}
	return rapid.OneOf(scalars(), rapid.Custom(func(t *rapid.T) Value {
		items := rapid.SliceOfN(values(depth-1), 0, 5).Draw(t, "items")
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return MakeList(items...)
		case 1:
			return MakeVector(items...)
		case 2:
			return MakeSet(distinct(items)...)
		case 3:
			var pairs []Value
			for _, k := range distinct(items) {
				pairs = append(pairs, k, scalars().Draw(t, "value"))
			}
			return MakeMap(pairs...)
		}
		return MakeTagged("my/tag", MakeVector(items...))
	}))
}

func distinct(items []Value) (set []Value) {
	for _, item := range items {
		if duplicate(append(set[:len(set):len(set)], item), 1) < 0 {
			set = append(set, item)
		}
	}
	return set
}

func TestWriteRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		for name, text := range map[string]string{"one line": v.String(), "pretty": string(AppendPretty(nil, v, 20))} {
			got, err := Parse(text)
			if err != nil || !Equal(v, got) || got.String() != v.String() {
				t.Fatalf("%s: %s reads as %v, %v", name, text, got, err)
			}
		}
	})
}

func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := values(2).Draw(t, "a"), values(2).Draw(t, "b"), values(2).Draw(t, "c")
		if Compare(a, a) != 0 || !Equal(a, a) {
			t.Fatalf("%s is not equal to itself", a)
		}
		if Compare(a, b) != -Compare(b, a) {
			t.Fatalf("%s and %s: %d one way, %d the other", a, b, Compare(a, b), Compare(b, a))
		}
		if (Compare(a, b) == 0) != Equal(a, b) {
			t.Fatalf("%s and %s: Compare %d, Equal %v", a, b, Compare(a, b), Equal(a, b))
		}
		if Equal(a, b) && Hash(a) != Hash(b) {
			t.Fatalf("%s equals %s, but their hashes differ", a, b)
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("%s <= %s <= %s, but not the first and last", a, b, c)
		}
	})
}

// each line is in order; "=" stands before a value equal to the one on its left.
var ordered = []string{
	`nil false true -1 0 1 \a "" "a" :a a [] #{} {} #inst "2020" #uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6" #bytes "" #t 1`,
	"##-Inf -1e9 -1.5M -1 = -1N -1.0 -1M 0 = 0N 0.0 = -0.0 0M = 0.00M 0.1M 0.1 0.5 0.5M 1 1.0 1M = 1.00M 2 9007199254740992.0 9007199254740993 1e30 1e999999999M ##Inf ##NaN = ##NaN",
	"-1e999999999M -1 -1e-999999999M 0 1e-999999999M 1",
	"() = [] (1) = [1] [2] [1 1] (1 2) = [1 2N]",
	"#{} #{1} #{2} #{1 2} = #{2 1} #{1 3}",
	"{:a 1 :b 2} = {:b 2 :a 1} {:a 1 :b 3} {:a 1 :c 0}",
	`"B" "a" "é" "😀"`,
	"#a 1 #a 2 #b 0",
}

func TestOrderOf(t *testing.T) {
	for _, line := range ordered {
		items, err := ParseAll(line)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(items); i++ {
			want := -1
			if items[i].Is("=") {
				want, items = 0, append(items[:i:i], items[i+1:]...)
			}
			if got := Compare(items[i-1], items[i]); got != want || Equal(items[i-1], items[i]) != (want == 0) {
				t.Errorf("Compare(%s, %s) = %d, want %d", items[i-1], items[i], got, want)
			}
		}
	}
}

func TestBigSetsAndMaps(t *testing.T) {
	var items []Value
	for i := range 1000 {
		items = append(items, MakeInt(int64(i)))
	}
	if v, err := Parse(MakeSet(items...).String()); err != nil || len(v.Items()) != 1000 {
		t.Errorf("a set of 1000: %v", err)
	}
	_, err := Parse(MakeSet(append(items, MakeBigInt(big.NewInt(500)))...).String())
	if err == nil || !strings.Contains(err.Error(), "500N twice") {
		t.Errorf("500 twice in a set of 1001: %v", err)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{"a": true, "a/b": true, "a b": false, "": false, ":a": false, "a/": false, "a\xff": false, "a\u00a0": false, "a(": false, "größe": true} {
		if IsKeyword(name) != want || IsSymbol(name) != want {
			t.Errorf("%q: keyword %v, symbol %v, want %v", name, IsKeyword(name), IsSymbol(name), want)
		}
	}
	if IsSymbol("1a") || IsSymbol("nil") || IsSymbol("#a") || !IsKeyword("1a") || !IsKeyword("nil") {
		t.Error("1a, nil and #a are names of keywords only")
	}
}

func TestPretty(t *testing.T) {
	v, err := Parse(`{:find [?e ?name] :where [[?e :person/name ?name] #mine (< 1 2 3 4 5 6 7 8 9 10 11)] :in #{1 2}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `{:find [?e ?name]
 :where [[?e :person/name ?name]
         #mine (<
                1
                2`
	if got := string(AppendPretty(nil, v, 34)); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\n :in #{1 2}}") {
		t.Errorf("got\n%s\nwant\n%s…", got, want)
	}
}

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		"nil": "null", "true": "true", "12": "12", "12345678901234567890": "12345678901234567890", "1.0": "1.0", "1e300": "1.0E300", "0.0": "0.0", "1.50M": "1.50",
		"##NaN": "null", "##Inf": "null", `"a\"\\\n\u0001é"`: `"a\"\\\n\u0001é"`, `\a`: `"a"`, ":a/b": `"a/b"`, "sym": `"sym"`,
		"[1 (2) #{3}]": "[1,[2],[3]]", `{:a 1 "b" 2 3 4 [5] 6}`: `{"a":1,"b":2,"3":4,"[5]":6}`,
		`#inst "2020"`: `"2020-01-01T00:00:00.000Z"`, `#uuid "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`: `"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`,
		`#bytes "00ff"`: `"00ff"`, "#t 1": `{"tag":"t","value":1}`,
	} {
		v, err := Parse(text)
		if got := string(AppendJSON(nil, v)); err != nil || got != want {
			t.Errorf("%s is %s in JSON, want %s (%v)", text, got, want, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := values(2).Draw(t, "value")
		if text := AppendJSON(nil, v); !json.Valid(text) {
			t.Fatalf("%s gives invalid JSON: %s", v, text)
		}
	})
}

// FuzzRead: whatever is read is written so that it reads the same, and a
// stream agrees with text in memory.
func FuzzRead(f *testing.F) {
	for _, c := range readable {
		f.Add(c[0])
	}
	for _, c := range refused {
		if len(c.text) < 100 {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseAll(text)
		streamed, streamErr := readAll(NewReader(bytes.NewReader([]byte(text))))
		if (err == nil) != (streamErr == nil) || err != nil && err.Error() != streamErr.Error() {
			t.Fatalf("in memory %v, as a stream %v", err, streamErr)
		}
		for i, v := range all {
			again, err := Parse(v.String())
			if err != nil || !Equal(v, again) || !Equal(v, streamed[i]) || Hash(v) != Hash(again) {
				t.Fatalf("%s reads as %v, %v", v, again, err)
			}
			if text := AppendJSON(nil, v); !json.Valid(text) {
				t.Fatalf("%s gives invalid JSON: %s", v, text)
			}
		}
	})
}
