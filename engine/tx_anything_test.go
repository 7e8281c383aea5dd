package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyForm is a form of tx data that is well-formed more often than it makes sense.
func anyForm(depth int) *rapid.Generator[string] {
	entity := rapid.SampledFrom([]string{"1", "2", "3", "1", "2", "3", "-1", "-2", "-1", `"a"`, `"datomic.tx"`, ":the/one", `[:person/email "x"]`, `[:t/key [1 "x"]]`, ":person/name", ":t/long", "nil", "0"})
	attr := rapid.SampledFrom([]string{":person/email", ":person/ssn", ":person/badge", ":person/name", ":person/age", ":person/aka", ":person/friend", ":person/_boss",
		":person/boss", ":person/part", ":t/long", ":t/name", ":t/of", ":t/whole", ":t/key", ":t/same", ":t/mixed", ":db/ident", ":db/doc", ":db/unique", ":db/cardinality",
		":db/valueType", ":db/maxLength", ":db/noHistory", ":db/isComponent", ":db/ensure", ":new/one", ":db/txInstant"})
	value := func() *rapid.Generator[string] {
		return rapid.OneOf(entity, rapid.SampledFrom([]string{`"x"`, `"y"`, "5", "1.5", "true", ":db.type/long", ":db.type/string", ":db.cardinality/many", ":db.cardinality/one",
			":db.unique/identity", ":db.unique/value", ":new/one", `["x" "y"]`, "[1 2]", "[-1 2 3]", `#{"x"}`, `[1 "x"]`, `[-1 "x"]`, "[1 :a -1]", "nil"}))
	}
	fitting := func(t *rapid.T, a string) string {
		if good, ok := goodValues[a]; ok && rapid.IntRange(0, 9).Draw(t, "good") > 0 {
			return rapid.SampledFrom(good).Draw(t, "v")
		}
		return value().Draw(t, "v")
	}
	return rapid.Custom(func(t *rapid.T) string {
		e, a := entity.Draw(t, "e"), attr.Draw(t, "a")
		v := fitting(t, a)
		switch rapid.IntRange(0, 9).Draw(t, "form") {
		case 0:
			return "[:db/retract " + e + " " + a + " " + v + "]"
		case 1:
			return "[:db/retract " + e + " " + a + "]"
		case 2:
			return "[:db/cas " + e + " " + a + " " + v + " " + fitting(t, a) + "]"
		case 3:
			return "[:db/retractEntity " + e + "]"
		case 4:
			return "[:db.fn/retractAttribute " + e + " " + a + "]"
		case 5, 6:
			if depth > 0 && rapid.Bool().Draw(t, "nested") {
				v = anyForm(depth-1).Draw(t, "inner")
			}
			b := attr.Draw(t, "b")
			if b == a {
				return "{:db/id " + e + " " + a + " " + v + "}"
			}
			return "{:db/id " + e + " " + a + " " + v + " " + b + " " + fitting(t, b) + "}"
		case 7:
			return "{" + a + " " + v + "}"
		}
		return "[:db/add " + e + " " + a + " " + v + "]"
	})
}

// goodValues are forms that attributes can have as values.
var goodValues = func() map[string][]string {
	refs, strs, longs := []string{"1", "2", "3", "-1", "-2", `"a"`, ":the/one", `[:person/email "x"]`}, []string{`"x"`, `"y"`, `"z"`}, []string{"4", "5", "6"}
	return map[string][]string{
		":person/email": strs, ":person/ssn": longs, ":person/badge": strs, ":person/name": strs, ":person/age": longs, ":person/aka": append(strs, `["x" "z"]`),
		":person/friend": append(refs, "[1 2]"), ":person/_boss": refs, ":person/boss": refs, ":person/part": refs,
		":t/long": longs, ":t/name": strs, ":t/of": refs, ":t/same": {"[1 2]", "[nil 3]"}, ":t/mixed": {"[1 :a 2]", "[nil :b -1]"},
		":db/doc": strs, ":db/noHistory": {"true", "false"},
	}
}()

// TestWhateverFormsSay runs transactions of any forms. What is not refused with a *TxError leaves a sound database.
func TestWhateverFormsSay(t *testing.T) {
	worlds := map[bool]DB{}
	for _, onRead := range []bool{false, true} {
		w := newWorld(t, Options{SchemaOnRead: onRead})
		w.ok(people + tuples)
		w.ok(`{:db/id 1 :person/email "x" :person/aka ["x" "y"] :t/long 5 :t/of 1 :t/name "x" :person/part [2 3]} {:db/id 2 :db/ident :the/one :person/boss 1} {:db/id 3 :t/name "y"}`)
		worlds[onRead] = w.db
	}
	done := 0
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, db: worlds[rapid.Bool().Draw(t, "on read")], now: noon.Add(1e12)}
		for range 3 {
			tx := strings.Join(rapid.SliceOfN(anyForm(1), 1, 3).Draw(t, "forms"), "\n")
			before := w.db
			r, err := w.try(tx)
			var refusal *TxError
			if err != nil && (!errors.As(err, &refusal) || refusal.Code == "" || refusal.Msg == "") {
				t.Fatalf("%s: %v", tx, err)
			}
			if err == nil {
				done++
				checkNet(t, before, r)
				checkSound(t, w.db)
			}
		}
	})
	t.Logf("%d transactions done", done)
	if done == 0 {
		t.Error("everything was refused")
	}
}

// checkSound verifies what every database keeps to, from its datoms alone.
func checkSound(t reporter, db DB) {
	ctx := context.Background()
	var all []Datom
	for d, err := range db.Datoms(ctx, EAVT, Pattern{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	schema, err := emptySchema(db.s.opts).apply(all)
	if err != nil {
		t.Fatalf("no schema from the datoms: %v", err)
	}
	owners := map[lookup]ID{}
	for i, d := range all {
		a, ok := db.Schema().ByID(d.A)
		b, _ := schema.ByID(d.A)
		if !ok || !a.equal(b) {
			t.Fatalf("attribute %d is %+v, from the datoms %+v", d.A, a, b)
		}
		if a.Type != NilKind && d.V.Kind() != a.Type {
			t.Fatalf(":%s of entity %d is a %s", a.Ident, d.E, d.V.Kind())
		}
		if i > 0 && !a.Many && all[i-1].E == d.E && all[i-1].A == d.A {
			t.Fatalf(":%s of entity %d has two values", a.Ident, d.E)
		}
		if a.Unique != NotUnique {
			if other, taken := owners[lookup{a.ID, d.V}]; taken {
				t.Fatalf("entities %d and %d both have %s", other, d.E, showRef(a, d.V))
			}
			owners[lookup{a.ID, d.V}] = d.E
		}
		if d.E >= db.s.next && d.E < dbPart || d.V.Kind() == RefKind && d.V.Ref() >= db.s.next && d.V.Ref() < dbPart {
			t.Fatalf("entity %d is not below %d, the next id", d.E, db.s.next)
		}
		if len(a.TupleAttrs) > 0 {
			checkComposite(t, db, d, a)
		}
	}
}

// checkComposite verifies that a composite tuple is what its parts are.
func checkComposite(t reporter, db DB, d Datom, a *Attribute) {
	parts := make([]Value, len(a.TupleAttrs))
	for i, id := range a.TupleAttrs {
		vals, err := valuesOf(context.Background(), db, d.E, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(vals) > 0 {
			parts[i] = vals[0]
		}
	}
	if Tuple(parts...) != d.V {
		t.Fatalf(":%s of entity %d is %s, but its parts are %s", a.Ident, d.E, show(d.V), show(Tuple(parts...)))
	}
}
