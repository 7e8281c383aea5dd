package edn_test

import (
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

func TestParseSource(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"'[:find ?e]", "[:find ?e]"},
		{"[(q '[:find ?e] $)]", "[(q [:find ?e] $)]"},
		{"''x", "x"},
		{"[@conn 1]", "[conn 1]"},
		{`[(.contains ^String ?n "a") ^{:a 1} [1] ^:k x]`, `[(.contains ?n "a") [1] x]`},
		{`#"[a-z]+\d\"\\"`, `#regex "[a-z]+\\d\\\"\\\\"`},
		{"#\"ä\nb\"", `#regex "ä\nb"`},
		{"[1 #_ 'x 2]", "[1 2]"},
	} {
		got, err := edn.ParseSource(c.text)
		if err != nil || got.String() != c.want {
			t.Errorf("%s: got %v, %v, want %s", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{"'", "[']", "^", "^String", "[^String]", `#"a`, "#\"\xff\"", "'a 'b"} {
		if got, err := edn.ParseSource(text); err == nil {
			t.Errorf("%s was read as %v", text, got)
		}
	}
}

// What stands after a mark keeps its place.
func TestParseSourcePositions(t *testing.T) {
	v, err := edn.ParseSource("[^String ?x\n #\"a\\d\" 'y]")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []edn.Pos{{Line: 1, Col: 10}, {Line: 2, Col: 2}, {Line: 2, Col: 10}} {
		if got := v.Items()[i].Pos(); got != want {
			t.Errorf("%v is at %v, want %v", v.Items()[i], got, want)
		}
	}
}

// What is EDN reads the same as source, and what is read can be written and read again.
func FuzzParseSource(f *testing.F) {
	for _, s := range []string{"'[:find ?e]", `#"a\d"`, "[^String ?x @y]", "(q '[1] #_ 'x)", "^{:a 1} [2]", "#\"\n\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := edn.ParseSource(text)
		if strict, strictErr := edn.Parse(text); strictErr == nil && (err != nil || v.String() != strict.String()) {
			t.Errorf("%q is %v as source, %v, and %v as EDN", text, v, err, strict)
		}
		if err != nil {
			return
		}
		if _, err := edn.Parse(v.String()); err != nil {
			t.Errorf("%q is written %s, which is refused: %v", text, v, err)
		}
	})
}
