package engine

import (
	"bytes"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"pgregory.net/rapid"
)

func TestSystemAttributes(t *testing.T) {
	s := emptySchema(Options{})
	want := []string{"db/ident", "db/valueType", "db/cardinality", "db/unique", "db/isComponent", "db/noHistory", "db/index", "db/doc", "db/maxLength",
		"db/tupleAttrs", "db/tupleTypes", "db/tupleType", "db/txInstant", "db/ensure", "db.entity/attrs", "db.entity/preds", "db/fn", "db/id"}
	var got []string
	for a := range s.System() {
		got = append(got, a.Ident)
		byID, ok1 := s.ByID(a.ID)
		byIdent, ok2 := s.ByIdent(a.Ident)
		if !ok1 || !ok2 || byID != a || byIdent != a || a.ID != dbPart+ID(len(got)) {
			t.Errorf(":%s has id %d", a.Ident, a.ID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("system attributes %v", got)
	}
	seen := map[ID]string{}
	for ident, id := range systemEnums {
		if !isSystem(id) || seen[id] != "" || id <= attrID {
			t.Errorf(":%s has id %d, as has %q", ident, id, seen[id])
		}
		seen[id] = ident
	}
}

func TestNearest(t *testing.T) {
	s, err := schemaOf(Options{}, []*Attribute{{ID: firstAttr, Ident: "person/name", Type: StringKind}, {ID: firstAttr + 1, Ident: "age", Type: LongKind}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ident, want string }{
		{"person/nmae", "person/name"}, {"preson/name", "person/name"}, {"name", "person/name"}, {"user/name", "person/name"},
		{"person/names", "person/name"}, {"ag", "age"}, {"db/txinstant", "db/txInstant"}, {"dbident", "db/ident"},
		{"zzz", ""}, {"", ""}, {"something/else-entirely", ""},
	} {
		if got := s.Nearest(c.ident); got != c.want {
			t.Errorf("%q is near %q, want %q", c.ident, got, c.want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestApplyIsPure(t *testing.T) {
	w := newPeople(t)
	s := w.db.Schema()
	name, _ := s.ByIdent("person/name")
	old := *name
	add := func(a ID, v Value, added bool) Datom { return Datom{E: name.ID, A: a, V: v, T: 2, Added: added} }
	if next, err := s.apply([]Datom{{E: 1, A: name.ID, V: String("x"), Added: true}}); next != s || err != nil {
		t.Error("data changed the schema")
	}
	if next, err := s.apply([]Datom{add(attrDoc, String("x"), true), add(attrDoc, String("x"), false)}); next == s || err != nil {
		t.Error("what is added counts more than what is retracted")
	}
	next, err := s.apply([]Datom{add(attrIdent, Keyword("person/name"), false), add(attrIdent, Keyword("person/called"), true)})
	if err != nil || !name.equal(&old) {
		t.Fatal("the old schema changed", err)
	}
	if _, ok := next.ByIdent("person/name"); ok {
		t.Error("the old ident is still known")
	}
	if a, ok := next.ByIdent("person/called"); !ok || a.ID != name.ID {
		t.Error("the new ident is not known")
	}
	if back, err := next.apply([]Datom{add(attrIdent, Keyword("person/called"), false), add(attrIdent, Keyword("person/name"), true)}); err != nil {
		t.Error(err)
	} else if a, _ := back.ByID(name.ID); !a.equal(&old) {
		t.Errorf("there and back: %+v", a)
	}
	if _, err := s.apply([]Datom{{E: s.nextAttr() + 1, A: attrIdent, V: Keyword("a/b"), Added: true}}); err == nil {
		t.Error("ids with a gap are taken")
	}
	if _, err := s.apply([]Datom{add(attrValueType, Keyword("no/type"), true)}); err == nil {
		t.Error("an unknown type is taken")
	}
}

func anyAttribute(t *rapid.T) *Attribute {
	kinds := rapid.Custom(func(t *rapid.T) Kind { return Kind(rapid.IntRange(0, int(RefKind)).Draw(t, "kind")) })
	ids := rapid.Custom(func(t *rapid.T) ID { return firstAttr + ID(rapid.Uint64Range(0, 1<<40).Draw(t, "id")) })
	return &Attribute{
		Ident: rapid.String().Draw(t, "ident"), Type: kinds.Draw(t, "type"), Doc: rapid.String().Draw(t, "doc"),
		Many: rapid.Bool().Draw(t, "many"), Component: rapid.Bool().Draw(t, "component"), NoHistory: rapid.Bool().Draw(t, "noHistory"),
		Index: rapid.Bool().Draw(t, "index"), Unique: Unique(rapid.IntRange(0, 2).Draw(t, "unique")),
		MaxLength: rapid.IntRange(0, maxMaxLength).Draw(t, "maxLength"), TupleType: kinds.Draw(t, "tupleType"),
		TupleAttrs: rapid.SliceOfN(ids, 0, 8).Draw(t, "attrs"), TupleTypes: rapid.SliceOfN(kinds, 0, 8).Draw(t, "types"),
	}
}

func TestAttributeCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAttribute(t)
		data := appendAttribute(nil, a)
		r := dagcbor.NewReader(data)
		b, err := readAttribute(r)
		if err == nil {
			err = r.Done()
		}
		if err != nil {
			t.Fatal(err)
		}
		if !a.equal(b) || !bytes.Equal(appendAttribute(nil, b), data) {
			t.Fatalf("%+v became %+v", a, b)
		}
		for cut := range data {
			if _, err := readAttribute(dagcbor.NewReader(data[:cut])); err == nil {
				t.Fatalf("%d of %d bytes are taken for an attribute", cut, len(data))
			}
		}
	})
}

// TestAttributeFormat is the example of FORMAT.md.
func TestAttributeFormat(t *testing.T) {
	got := appendAttribute(nil, &Attribute{ID: firstAttr, Ident: "person/aka", Type: StringKind, Many: true})
	want := "\x89\x6aperson/aka\x0b\x01\x00\x60\x00\x80\x80\x00"
	if string(got) != want {
		t.Errorf("%x, want %x", got, want)
	}
}

// TestSystemIds are constants of the format.
func TestSystemIds(t *testing.T) {
	for ident, want := range map[string]ID{
		"db/ident": 1, "db/doc": 8, "db/txInstant": 13, "db/id": 18, "db.type/boolean": 101, "db.type/ref": 115,
		"db.cardinality/one": 151, "db.cardinality/many": 152, "db.unique/identity": 161, "db.unique/value": 162,
		"db.part/db": 171, "db.part/tx": 172, "db.part/user": 173,
	} {
		if id, ok := emptySchema(Options{}).entity(ident); !ok || id != dbPart+want {
			t.Errorf(":%s is %d, want 2^42 + %d", ident, id, want)
		}
	}
}

func TestAttributeCodecRefuses(t *testing.T) {
	good := Attribute{Ident: "a/b", Type: LongKind}
	for name, spoil := range map[string]func(*Attribute){
		"unknown type":            func(a *Attribute) { a.Type = RefKind + 1 },
		"unknown uniqueness":      func(a *Attribute) { a.Unique = 3 },
		"part that is no user's":  func(a *Attribute) { a.TupleAttrs = []ID{attrDoc} },
		"unknown type of element": func(a *Attribute) { a.TupleTypes = []Kind{200} },
		"unknown homogeneous":     func(a *Attribute) { a.TupleType = 99 },
		"too long":                func(a *Attribute) { a.MaxLength = maxMaxLength + 1 },
	} {
		bad := good
		spoil(&bad)
		if _, err := readAttribute(dagcbor.NewReader(appendAttribute(nil, &bad))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	data := dagcbor.AppendArray(nil, attributeItems)
	data = dagcbor.AppendUint(dagcbor.AppendUint(dagcbor.AppendText(data, "a/b"), 1), flagsEnd)
	if _, err := readAttribute(dagcbor.NewReader(data)); err == nil {
		t.Error("unknown flags are taken")
	}
	if _, err := readAttribute(dagcbor.NewReader(dagcbor.AppendArray(nil, 8))); err == nil {
		t.Error("eight items are taken")
	}
}

func FuzzAttribute(f *testing.F) {
	f.Add(appendAttribute(nil, &Attribute{Ident: "person/name", Type: StringKind, Many: true, Doc: "x", TupleAttrs: []ID{firstAttr}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := dagcbor.NewReader(data)
		a, err := readAttribute(r)
		if err != nil || r.Done() != nil {
			return
		}
		if !bytes.Equal(appendAttribute(nil, a), data) {
			t.Fatalf("%x is not canonical", data)
		}
	})
}
