package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// oneOfEach is a schema with an attribute :v/TYPE of every type.
func oneOfEach() string {
	var b strings.Builder
	for k := BoolKind; k <= RefKind; k++ {
		if k != TupleKind {
			b.WriteString("{:db/ident :v/" + k.String() + " :db/valueType :" + typeIdents[k] + "}\n")
		}
	}
	return b.String()
}

func TestValuesOfEveryType(t *testing.T) {
	w := newWorld(t, Options{})
	w.ok(oneOfEach())
	for _, c := range []struct {
		attr, form string
		want       Value
	}{
		{"boolean", "true", Bool(true)}, {"boolean", "false", Bool(false)},
		{"long", "-9223372036854775808", Long(-1 << 63)},
		{"double", "1.5", Double(1.5)}, {"double", "3", Double(3)}, {"double", "-0.0", Double(0)}, {"double", "##NaN", Double(nan())},
		{"float", "8.5", Float(8.5)}, {"float", "0.1", Float(0.1)}, {"float", "2", Float(2)},
		{"keyword", ":a/b", Keyword("a/b")}, {"symbol", "a/b", Symbol("a/b")},
		{"string", `"é"`, String("é")}, {"uri", `"http://x"`, URI("http://x")}, {"uri", `#uri "http://x"`, URI("http://x")},
		{"instant", `#inst "1970-01-01T00:00:01Z"`, Instant(1000)}, {"bytes", `#bytes "00ff"`, Bytes([]byte{0, 255})},
		{"ref", "5", Ref(5)},
	} {
		w.ok("[:db/add 1 :v/" + c.attr + " " + c.form + "]")
		a, _ := w.db.Schema().ByIdent("v/" + c.attr)
		vals, err := valuesOf(context.Background(), w.db, 1, a.ID)
		if err != nil || len(vals) != 1 || vals[0] != c.want {
			t.Errorf(":v/%s %s: stored as %v (%v)", c.attr, c.form, vals, err)
		}
	}
	w.does(`{:db/id 2 :v/bigint 5 :v/bigdec 5}`, `+2 :v/bigint 5N`, `+2 :v/bigdec 5M`)
	w.does(`{:db/id 2 :v/bigint 123456789012345678901234567890 :v/bigdec 1.50M}`,
		`-2 :v/bigint 5N`, `+2 :v/bigint 123456789012345678901234567890N`, `+2 :v/bigdec 1.50M`, `-2 :v/bigdec 5M`)
	w.does(`{:db/id 2 :v/uuid #uuid "7a1f1f9e-0000-4000-8000-000000000001"}`, `+2 :v/uuid #uuid "7a1f1f9e-0000-4000-8000-000000000001"`)
}

func nan() float64 { return edn.MakeFloat(0).Float() / edn.MakeFloat(0).Float() }

func TestValuesOfTheWrongType(t *testing.T) {
	w := newWorld(t, Options{})
	w.ok(oneOfEach())
	for _, c := range []struct{ attr, form, msg, hint string }{
		{"string", "17", "17 is not of type string", "double quotes"},
		{"string", ":red", ":red is not of type string", "double quotes"},
		{"keyword", `"red"`, `"red" is not of type keyword`, "begin with a colon"},
		{"long", `"17"`, `"17" is not of type long`, ""},
		{"long", "1.0", "1.0 is not of type long", ""},
		{"long", "9223372036854775808", "is not of type long", ""},
		{"double", "9007199254740993", "is not of type double", ""},
		{"double", `"x"`, "is not of type double", ""},
		{"float", "1e300", "is not of type float", ""},
		{"bigdec", "1.5", "1.5 is not of type bigdec", "end in M"},
		{"instant", "1000", "1000 is not of type instant", ""},
		{"instant", `"2020-01-01"`, "is not of type instant", `#inst "2020-01-01"`},
		{"uuid", `"7a1f1f9e-0000-4000-8000-000000000001"`, "is not of type uuid", "#uuid"},
		{"bytes", `"aa"`, "is not of type bytes", "#bytes"},
		{"boolean", "1", "is not of type boolean", ""},
		{"boolean", ":true", "is not of type boolean", ""},
		{"ref", "1.5", "1.5 is not of type ref", "a reference is an id"},
		{"ref", "true", "true is not of type ref", ""},
		{"string", `["a" "b"]`, `["a" "b"] is not of type string`, ":db.cardinality/many"},
		{"string", `#{"a"}`, "is not of type string", ":db.cardinality/many"},
		{"long", `{:a 1}`, "is not of type long", ""},
		{"string", `#foo "a"`, "is not of type string", ""},
	} {
		e := w.fails(codeValue, "{:db/id 1 :v/"+c.attr+" "+c.form+"}", ":v/"+c.attr, c.msg, c.hint)
		if e.Pos.Line != 1 || e.Pos.Col < 10 {
			t.Errorf("%s: error at %v", c.form, e.Pos)
		}
	}
}

func TestMaxLengthCountsCharacters(t *testing.T) {
	w := newWorld(t, Options{})
	w.ok(`{:db/ident :x/code :db/valueType :db.type/string :db/maxLength 3}`)
	w.ok(`{:db/id 1 :x/code "äöü"}`)
	w.fails(codeValue, `{:db/id 1 :x/code "äöüx"}`, "has more than the 3 characters")
}

func TestLargeValuesLiveOutOfLine(t *testing.T) {
	w := newPeople(t)
	long := `"` + strings.Repeat("é", 1000) + `"`
	r := w.ok(`{:db/id 1 :person/name ` + long + ` :person/aka [` + long + ` "short"]}`)
	moved := 0
	for _, d := range r.Datoms {
		if d.V.OutOfLine() {
			moved++
		}
	}
	if moved != 2 {
		t.Fatalf("%d datoms have values out of line", moved)
	}
	w.does(`{:db/id 1 :person/name ` + long + ` :person/aka ` + long + `}`)
	w.ok(`[:db/cas 1 :person/name ` + long + ` "short"] [:db/retract 1 :person/aka ` + long + `]`)
	w.has(1, `:person/name "short"`, `:person/aka "short"`)
}
