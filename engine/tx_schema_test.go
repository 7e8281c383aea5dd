package engine

import (
	"strings"
	"testing"
)

func TestDeclareAttributes(t *testing.T) {
	w := newWorld(t, Options{})
	r := w.does(`{:db/ident :a/x :db/valueType :db.type/long :db/doc "an x" :db/index true}`,
		`+4398046512104 :db/ident :a/x`, `+4398046512104 :db/valueType :db.type/long`, `+4398046512104 :db/index true`, `+4398046512104 :db/doc "an x"`)
	if len(r.Tempids) != 0 {
		t.Fatal(r.Tempids)
	}
	x, _ := w.db.Schema().ByIdent("a/x")
	want := Attribute{ID: firstAttr, Ident: "a/x", Type: LongKind, Doc: "an x", Index: true}
	if !x.equal(&want) {
		t.Fatalf("%+v", x)
	}
	w.does(`{:db/ident :a/x :db/valueType :db.type/long :db/doc "an x" :db/index true}`)
}

func TestDeclareAndUseAtOnce(t *testing.T) {
	w := newWorld(t, Options{})
	r := w.ok(`{:b/y "used first" :b/_r {:b/y "z"} :db/id 1} [:db/add "y" :db/cardinality :db.cardinality/many]
		[:db/add "y" :db/valueType :db.type/string] [:db/add "y" :db/ident :b/y] {:db/ident :b/r :db/valueType :db.type/ref}
		{:db/id #db/id [:db.part/db] :db/ident :b/z :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db.install/_attribute :db.part/db :b/y "of an attribute"}`)
	y, _ := w.db.Schema().ByIdent("b/y")
	if w.tempid(r, "y") != y.ID || y.ID != firstAttr || !y.Many {
		t.Fatalf("%+v", y)
	}
	w.has(1, `:b/y "used first"`)
	w.has(2, `:b/y "z"`, `:b/r 1`)
	w.does(`{:db/id :b/z :b/y "more"}`, `+4398046512106 :b/y "more"`)
}

func TestDefinitionsThatCannotBe(t *testing.T) {
	w := newPeople(t)
	for _, c := range []struct{ tx, word string }{
		{`{:db/ident :a/x :db/cardinality :db.cardinality/one}`, ":a/x has no :db/valueType"},
		{`{:db/ident :a/x :db/valueType :db.type/strng}`, "did you mean :db.type/string?"},
		{`{:db/ident :a/x :db/valueType :no/type}`, "one of :db.type/boolean"},
		{`{:db/ident :a/x :db/valueType :db.type/long :db/cardinality :db.cardinality/two}`, "is no :db/cardinality"},
		{`{:db/ident :a/x :db/valueType :db.type/long :db/unique :db.unique/id}`, "is no :db/unique"},
		{`{:db/valueType :db.type/long}`, "has no :db/ident"},
		{`{:db/ident :db/mine :db/valueType :db.type/long}`, "namespace of the system"},
		{`{:db/ident :db.mine/x :db/valueType :db.type/long}`, "namespace of the system"},
		{`{:db/ident :a/_x :db/valueType :db.type/long}`, "underscore"},
		{`{:db/ident :a/x :db/valueType :db.type/long :db/isComponent true}`, "component"},
		{`{:db/ident :a/x :db/valueType :db.type/bytes :db/unique :db.unique/value}`, "bytes"},
		{`{:db/ident :a/x :db/valueType :db.type/long :db/maxLength 5}`, "maxLength"},
		{`{:db/ident :a/x :db/valueType :db.type/string :db/maxLength -5}`, "out of range"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple}`, "must have one of"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleType :db.type/long :db/tupleTypes [:db.type/long :db.type/long]}`, "must have one of"},
		{`{:db/ident :a/x :db/valueType :db.type/long :db/tupleType :db.type/long}`, "described as a tuple"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleType :db.type/tuple}`, "tuples in tuples"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :db.type/tuple]}`, "tuples in tuples"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long]}`, "1 tuple types"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :x/y]}`, ":x/y is not a value type"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleAttrs [:person/name]}`, "1 tuple attributes"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :person/nam]}`, "did you mean :person/name?"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :person/aka]}`, "cardinality many"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :db/doc]}`, "belongs to the system"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :a/x]}`, "is a tuple"},
		{`{:db/ident :a/x :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :person/age] :db/cardinality :db.cardinality/many}`, "cardinality many"},
	} {
		e := w.fails(codeSchema, c.tx, c.word)
		if e.Pos.Line != 1 {
			t.Errorf("%s: no position", c.tx)
		}
	}
	w.fails(codeSchema, `{:db/id 1 :db/ident :a/x :db/valueType :db.type/long}`, "leave :db/id out")
	w.ok(`{:db/ident :color/red}`)
	w.fails(codeSchema, `{:db/ident :color/red :db/valueType :db.type/long}`, "is no attribute and cannot become one")
	w.fails(codeUnique, `[:db/add 77 :db/ident :color/red]`)
	w.fails(codeUnique, `{:db/id 77 :db/ident :person/name}`)
	w.fails(codeUnique, `{:db/id 77 :db/ident :db/doc}`)
}

func TestSchemaChangesThatAreAllowed(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "Ada" :person/aka ["a" "b"] :person/boss 2} {:db/id 2 :person/name "Bob" :person/aka "c"}`)
	w.does(`{:db/id :person/name :db/doc "what they are called" :db/noHistory true}`,
		`+4398046512107 :db/noHistory true`, `+4398046512107 :db/doc "what they are called"`)
	w.ok(`[:db/add :person/name :db/unique :db.unique/identity]`)
	w.does(`{:person/name "Ada" :person/age 5}`, `+1 :person/age 5`)
	w.ok(`[:db/retract :person/name :db/unique :db.unique/identity] [:db/add :person/boss :db/isComponent true]`)
	w.does(`{:db/id 3 :person/name "Ada"}`, `+3 :person/name "Ada"`)
	w.ok(`{:db/id :person/age :db/cardinality :db.cardinality/many} {:db/id 1 :person/age [6 7]}`)
	w.ok(`[:db/retract 1 :person/age 6] [:db/retract 1 :person/age 5] [:db/add :person/age :db/cardinality :db.cardinality/one]`)
	w.does(`{:db/id 1 :person/age 8}`, `-1 :person/age 7`, `+1 :person/age 8`)
	w.ok(`{:db/id :person/name :db/ident :person/names} {:db/id 4 :person/names "renamed"}`)
	w.fails(codeAttribute, `{:db/id 1 :person/name "x"}`, "did you mean :person/names?")
	w.ok(`{:db/id :person/height :db/valueType :db.type/long}`)
	w.ok(`{:db/id 1 :person/height 170}`)
	w.ok(`{:db/id :person/email :db/maxLength 10}`)
}

func TestSchemaChangesThatAreRefused(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "Ada" :person/aka ["a" "b"] :person/age 5} {:db/id 2 :person/name "Ada" :person/height 1.5}
		{:db/ident :x/pair :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :person/age]}`)
	w.ok(`[:db/retract 2 :person/height 1.5] {:db/id 3 :person/email "` + strings.Repeat("x", 20) + `" :person/aka "` + strings.Repeat("x", 2000) + `"}`)
	w.ok(`[:db/retract 1 :person/aka "a"] [:db/add 1 :person/aka "c"]`)
	for _, c := range []struct{ tx, word string }{
		{`{:db/id :person/age :db/valueType :db.type/string}`, ":person/age is of type long and has been used: it cannot become string"},
		{`{:db/id :person/height :db/valueType :db.type/string}`, "has been used"},
		{`{:db/id :person/aka :db/cardinality :db.cardinality/one}`, `entity 1 has the values "b" "c"`},
		{`{:db/id :person/name :db/unique :db.unique/value}`, `entities 1 and 2 both have "Ada"`},
		{`{:db/id :person/aka :db/unique :db.unique/value}`, "more than 1024 bytes"},
		{`{:db/id :person/email :db/maxLength 19}`, "entity 3 has the value"},
		{`{:db/id :x/pair :db/tupleAttrs [:person/age :person/name]}`, "what it is made of cannot change"},
		{`{:db/id :person/name :db/ident :person/nom}`, "part of the composite tuple :x/pair"},
		{`{:db/id :person/name :db/cardinality :db.cardinality/many}`, "cardinality many"},
		{`[:db/retract :person/name :db/ident :person/name]`, "has no :db/ident"},
		{`[:db/retract :person/badge :db/valueType]`, "has no :db/valueType"},
		{`[:db/add :person/badge :db/ident :person/email]`, "is the ident of another attribute"},
	} {
		w.fails(codeSchema, c.tx, c.word)
	}
}

func TestNoHistoryIsNoMatterOfTransactions(t *testing.T) {
	w := newWorld(t, Options{NoHistory: true})
	w.ok(`{:db/ident :a/x :db/valueType :db.type/long}`)
	w.does(`{:db/id 1 :a/x 1}`, `+1 :a/x 1`)
	w.does(`{:db/id 1 :a/x 2}`, `-1 :a/x 1`, `+1 :a/x 2`)
}
