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
