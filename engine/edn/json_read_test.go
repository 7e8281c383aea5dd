package edn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestReadJSON(t *testing.T) {
	for text, want := range map[string]string{
		"null": "nil", "[true,false]": "[true false]", "[]": "[]", "{}": "{}", "[ ]": "[]",
		`{"a":1,"b":[1.5,-2,3e2,0.0],"c":{"d":null}}`: `{"a" 1, "b" [1.5 -2 300.0 0.0], "c" {"d" nil}}`,
		"12345678901234567890":                        "12345678901234567890N", "-0": "0", "1E2": "100.0",
		`"a\/\"\u00e9\ud83d\ude00\n"`: `"a/\"é😀\n"`, `{"a\n":1}`: `{"a\n" 1}`, `{ "é" : [ ] , "b" : 2 }`: `{"é" [], "b" 2}`,
	} {
		all, err := readAll(NewJSONReader(strings.NewReader(text)))
		if err != nil || len(all) != 1 || all[0].String() != want {
			t.Errorf("%s reads as %v, %v", text, all, err)
		}
	}
}

func TestRefuseJSON(t *testing.T) {
	for _, c := range [][3]string{
		{"[1,]", "1:4", "] after ,"}, {"[1 2]", "1:4", `'2' where ',' should stand in the [ opened at 1:1`}, {"[,1]", "1:2", "unexpected character ','"}, {"{\"a\" 1}", "1:6", "':'"}, {`{"a":1 "b":2}`, "1:8", "','"}, {`{"a"}`, "1:5", "':'"}, {`{"a":}`, "1:6", "} after :"}, {`{"a":1,}`, "1:8", "} after ,"},
		{"{a:1}", "1:2", "no string"}, {"{1:1}", "1:2", "no string"}, {"NaN", "1:1", "not JSON"}, {"01", "1:1", "not JSON"}, {"1.", "1:1", "not JSON"}, {".5", "1:1", "not JSON"}, {"+1", "1:1", "not JSON"}, {"1e999", "1:1", "not JSON"}, {"0x1", "1:1", "not JSON"}, {"1N", "1:1", "not JSON"}, {"1M", "1:1", "not JSON"},
		{"'a'", "1:1", "not JSON"}, {"[1", "1:1", "never closed"}, {"\"a\nb\"", "1:1", "never closed"}, {`"\0"`, "1:2", "unknown escape"}, {`{"a":1,"a":2}`, "1:8", "twice"}, {"]", "1:1", "closes nothing"}, {"[1)", "1:3", "')' where"}, {"; x", "1:1", "unexpected"}, {"1,2", "1:2", "unexpected"}, {strings.Repeat("[", 1001), "1:1001", "deeper"}, {"[1", "1:1", "never"}, {"[1,", "1:1", "never"}, {`{"a":`, "1:1", "never"}, {"é", "1:1", "not JSON"}, {"\xff", "1:1", "not UTF-8"},
	} {
		_, err := readAll(NewJSONReader(strings.NewReader(c[0])))
		e := new(Error)
		if !errors.As(err, &e) || fmt.Sprintf("%d:%d", e.Pos.Line, e.Pos.Col) != c[1] || !strings.Contains(e.Msg, c[2]) {
			t.Errorf("%.20s: %v, want %s, %s", c[0], err, c[1], c[2])
		}
	}
}

// What AppendJSON writes of strings, arrays and maps reads back, and agrees with encoding/json.
func TestJSONBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := AppendJSON(nil, values(3).Draw(t, "value"))
		var other any
		otherErr := json.Unmarshal(text, &other)
		all, err := readAll(NewJSONReader(strings.NewReader(string(text))))
		tooBig := otherErr != nil && err != nil // a decimal that no float holds
		if tooBig || err != nil && strings.Contains(err.Error(), "twice") {
			return
		}
		if otherErr != nil || err != nil {
			t.Fatalf("%s: %v; encoding/json: %v", text, err, otherErr)
		}
		if again := AppendJSON(nil, all[0]); !jsonAlike(t, again, text) {
			t.Fatalf("%s reads and is written as %s", text, again)
		}
	})
}

// jsonAlike compares after encoding/json has read both.
func jsonAlike(t *rapid.T, a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatalf("%s or %s is not JSON", a, b)
	}
	return fmt.Sprint(x) == fmt.Sprint(y)
}

func TestEnter(t *testing.T) {
	r := NewReader(strings.NewReader("#_x [1 #_2 [:a] {:b 2}] 5 {:a [1 2] :b 3} []"))
	var got []string
	enter := func(k Kind, want bool) {
		t.Helper()
		if ok, err := r.Enter(k); ok != want || err != nil {
			t.Fatalf("Enter(%s) = %v, %v after %v", k, ok, err, got)
		}
	}
	next := func() {
		v, err := r.Next()
		if err == io.EOF {
			v = MakeSymbol("end")
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s@%d", v, v.Pos().Col))
	}
	enter(Map, false)
	enter(Vector, true)
	next()
	enter(Map, false)
	enter(Vector, true)
	next()
	next()
	next()
	next()
	enter(Vector, false)
	next()
	enter(Map, true)
	next()
	enter(Vector, true)
	next()
	next()
	next()
	next()
	next()
	next()
	enter(Vector, true)
	next()
	next()
	enter(Vector, false)
	want := "1@6 :a@13 end@0 {:b 2}@17 end@0 5@25 :a@28 1@32 2@34 end@0 :b@37 3@40 end@0 end@0 end@0"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestEnterJSON(t *testing.T) {
	r := NewJSONReader(strings.NewReader(`{"a": [1, [2], {"x": 3}], "b": []}`))
	var got []string
	step := func(k Kind) {
		if ok, err := r.Enter(k); err != nil {
			t.Fatal(err)
		} else if ok {
			got = append(got, "in")
			return
		}
		v, err := r.Next()
		if err == io.EOF {
			got = append(got, "end")
		} else if err != nil {
			t.Fatal(err)
		} else {
			got = append(got, v.String())
		}
	}
	for _, k := range []Kind{Map, Vector, Vector, Map, Map, Map, Vector, Vector, Vector, Vector, Vector} {
		step(k)
	}
	if want := `in "a" in 1 [2] in "x" 3 end end "b"`; strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	for _, text := range []string{"[1 2]", "[1,]", `[1`} {
		r := NewJSONReader(strings.NewReader(text))
		if ok, err := r.Enter(Vector); !ok || err != nil {
			t.Fatal(ok, err)
		}
		r.Next()
		if v, err := r.Next(); err == nil || err == io.EOF {
			t.Errorf("%s: the second item is %v, %v", text, v, err)
		}
	}
}

// An entered vector may be of any size.
func TestEnterMemory(t *testing.T) {
	r := NewReader(&endless{"[", "{:a 1} \n"})
	r.limit = 200_000
	if ok, err := r.Enter(Vector); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for range 100_000 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if cap(r.buf) > 2*windowSize {
		t.Errorf("the window grew to %d", cap(r.buf))
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.5,"x\n"],"b":null}`, "[[],{}] 1", "[1,]", `{"a":1 "b"}`, `"\ud83d\ude00"`, "[-0.0e-5]", "\xff", "{\"a\"\n:1}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return // control characters in strings are let through here
		}
		all, err := readAll(NewJSONReader(strings.NewReader(text)))
		dec := json.NewDecoder(strings.NewReader(text))
		n := 0
		var jsonErr error
		for ; jsonErr == nil; n++ {
			var v any
			jsonErr = dec.Decode(&v)
		}
		if err == nil && jsonErr != io.EOF {
			t.Fatalf("%q is read as %v; encoding/json: %v", text, all, jsonErr)
		}
		if err == nil && len(all) != n-1 {
			t.Fatalf("%q has %d values; encoding/json: %d", text, len(all), n-1)
		}
	})
}
