package queries_test

import (
	"fmt"
	"strings"
)

// attr is an attribute of a random schema.
type attr struct {
	ident  string
	kind   string // of its values: "long", "ref", …
	many   bool
	unique string // "", "identity" or "value"
	more   string // of its declaration
}

func (a attr) declaration() string {
	text := fmt.Sprintf("{:db/ident %s :db/valueType :db.type/%s :db/cardinality :db.cardinality/", a.ident, a.kind)
	if a.many {
		text += "many"
	} else {
		text += "one"
	}
	if a.unique != "" {
		text += " :db/unique :db.unique/" + a.unique
	}
	return text + a.more + "}"
}

// composite tells whether values are made by the engine, of other attributes.
func (a attr) composite() bool { return strings.Contains(a.more, ":db/tupleAttrs") }

// kinds of values, with values of which a few entities have some.
var kinds = map[string][]string{
	"long":    {"0", "1", "2", "3", "4", "-1"},
	"double":  {"0.5", "1.0", "2.0", "-1.5", "0.1", "0.2"},
	"float":   {"0.5", "1.0", "0.1"},
	"string":  {`"x"`, `"y"`, `"z"`, `""`, `"10"`},
	"keyword": {":x", ":y", ":b/n"},
	"symbol":  {"s", "t"},
	"instant": {`#inst "2026-01-01"`, `#inst "2026-06-01T12:00:00.000Z"`, `#inst "1969-12-31"`},
	"boolean": {"true", "false"},
	"uuid":    {`#uuid "00000000-0000-0000-0000-000000000001"`, `#uuid "f0000000-0000-0000-0000-000000000002"`},
	"bigint":  {"1N", "2N", "18446744073709551616N", "-3N"},
	"bigdec":  {"1.0M", "1.5M", "-0.1M"},
	"tuple":   {"[1 2]", "[2 1]", "[1 nil]", "[3 3]"},
}

// scalars are the kinds that attributes of no fixed kind have.
var scalars = []string{"long", "double", "float", "string", "keyword", "symbol", "instant", "boolean", "uuid", "bigint", "bigdec", "tuple"}

// schema makes attributes. Their idents are always the same, so that a query may ask two
// databases for them; rules go along :b/r, :b/l and :b/o, which are always refs.
func (w writer) schema() []attr {
	list := []attr{
		{ident: ":b/r", kind: "ref", many: true},
		{ident: ":b/l", kind: "ref", many: w.chance(60)},
		{ident: ":b/o", kind: "ref", more: w.pick("", "", " :db/isComponent true")},
		{ident: ":b/n", kind: "long"},
		{ident: ":b/m", kind: "long", many: true},
		{ident: ":b/u", kind: w.pick("string", "string", "long", "keyword"), unique: w.pick("identity", "value")},
	}
	for _, ident := range []string{":b/x", ":b/y", ":b/z"} {
		a := attr{ident: ident, kind: w.pick(scalars...), many: w.chance(40)}
		if a.kind == "tuple" {
			a.more = w.pick(" :db/tupleType :db.type/long", " :db/tupleTypes [:db.type/long :db.type/long]", " :db/tupleTypes [:db.type/long :db.type/ref]", " :db/tupleTypes [:db.type/ref :db.type/double]")
		}
		list = append(list, a)
	}
	if w.chance(30) {
		list[len(list)-1] = attr{ident: ":b/z", kind: "tuple", more: w.pick(" :db/tupleAttrs [:b/n :b/o]", " :db/tupleAttrs [:b/n :b/u]")}
	}
	for i := range list {
		if w.chance(10) {
			list[i].more += " :db/noHistory true"
		}
	}
	return list
}
