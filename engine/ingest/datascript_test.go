package ingest

import (
	"slices"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/engine"
)

// What DataScript keeps of a database is read in each of its forms, in any order of keys: ids, types and what the schema says.
func TestDataScriptForms(t *testing.T) {
	const schema = `{\"p/name\" {:db/unique :db.unique/identity}, \"p/aka\" {:db/cardinality :db.cardinality/many}, \"p/friend\" {:db/valueType :db.type/ref}, \"p/x+y\" {:db/tupleAttrs [\"p/x\" \"p/y\"]}}`
	want := []string{
		`5 :p/aka "A" 1`, `5 :p/aka "B" 1`, `5 :p/friend 7 1`, `5 :p/h 1.5 1`, `5 :p/name "Ada" 1`, `5 :p/o "{:a 1}" 1`, `5 :p/ok true 1`,
		`5 :p/when #inst "1970-01-01T00:00:00.000Z" 1`, `5 :p/x 1 2`, `5 :p/x+y [1 :q] 2`, `5 :p/y :q 2`, `7 :p/h 2.0 1`, `7 :p/name "Grace" 1`,
	}
	const attrs = `["p/aka" "p/friend" "p/h" "p/name" "p/o" "p/ok" "p/when" ":p/x" "p/y" "p/x+y"]`
	const eavt = `[[5 0 "A" 1] [5 0 "B" 1] [5 1 7 1] [5 2 1.5 1] [5 3 "Ada" 1] [5 4 [1 "{:a 1}"] 1] [5 5 true 1] [5 6 [1 "#inst \"1970-01-01T00:00:00.000-00:00\""] 1] [5 7 1 2] [5 8 [0 0] 2] [5 9 [1 "[1 :q]"] 2]
 [7 2 2 1] [7 3 "Grace" 1]]`
	const json = `{"count":13,"tx0":536870912,"max-eid":7,"max-tx":536870914,"schema":"` + schema + `","attrs":["p/aka","p/friend","p/h","p/name","p/o","p/ok","p/when",":p/x","p/y","p/x+y"],"keywords":[":q"],
 "eavt":[[5,0,"A",1],[5,0,"B",1],[5,1,7,1],[5,2,1.5,1],[5,3,"Ada",1],[5,4,[1,"{:a 1}"],1],[5,5,true,1],[5,6,[1,"#inst \"1970-01-01T00:00:00.000-00:00\""],1],[5,7,1,2],[5,8,[0,0],2],[5,9,[1,"[1 :q]"],2],
  [7,2,2,1],[7,3,"Grace",1]],"aevt":[0,1,2],"avet":[0]}`
	for name, text := range map[string]string{
		"a.json": json,
		"a.edn":  `{"eavt" ` + eavt + ` "aevt" [0 1 2] "keywords" [":q"] "count" 13 "schema" "` + schema + `" "attrs" ` + attrs + ` "tx0" 536870912 "max-tx" 536870914}`,
		"b.edn": `#datascript/DB {:schema {:p/name {:db/unique :db.unique/identity} :p/aka {:db/cardinality :db.cardinality/many} :p/friend {:db/valueType :db.type/ref} :p/x+y {:db/tupleAttrs [:p/x :p/y]}},
 :datoms [[5 :p/aka "A" 536870913] [5 :p/aka "B" 536870913] [5 :p/friend 7 536870913] [5 :p/h 1.5 536870913] [5 :p/name "Ada" 536870913] [5 :p/o {:a 1} 536870913] [5 :p/ok true 536870913]
  [5 :p/when #inst "1970-01-01" 536870913] [5 :p/x 1 536870914] [5 :p/y :q 536870914] [5 :p/x+y [1 :q] 536870914] [7 :p/h 2 536870913] [7 :p/name "Grace" 536870913]]}`,
	} {
		db := loaded(t, name, text, engine.Options{})
		got := held(t, db)
		slices.Sort(got)
		if !slices.Equal(got, want) || db.T() != 2 {
			t.Errorf("%s: t %d\n%q\nwant\n%q", name, db.T(), got, want)
		}
		if a, _ := db.Schema().ByIdent("p/name"); a == nil || a.Unique != engine.UniqueIdentity || a.Type != engine.StringKind {
			t.Errorf("%s: %+v", name, a)
		}
		if a, _ := db.Schema().ByIdent("p/aka"); a == nil || !a.Many {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// Values of several types need a schema on read; what is no datom is told with its place.
func TestDataScriptRefused(t *testing.T) {
	mixed := `{"count":2,"tx0":0,"attrs":["x"],"keywords":[],"eavt":[[1,0,"a",1],[2,0,3,1]]}`
	_, err := Open(t.Context(), strings.NewReader(mixed), Options{Name: "a.json"})
	if err == nil || !strings.Contains(err.Error(), "values of x are of several types: long, string") {
		t.Errorf("mixed: %v", err)
	}
	db := loaded(t, "a.json", mixed, engine.Options{SchemaOnRead: true})
	if got, want := held(t, db), []string{`1 :x "a" 1`, `2 :x 3 1`}; !slices.Equal(got, want) {
		t.Errorf("on read: %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		`{"count":2,"tx0":0,"attrs":["x"],"eavt":[[1,7,"a",1]]}`:      "a.json:1:42: attribute 7 of 1",
		`{"count":2,"tx0":0,"attrs":["x"],"eavt":[[1,0,"a"]]}`:        "a.json:1:42: this is no datom",
		`{"count":2,"tx0":0,"attrs":["x"],"eavt":[[1,0,[9],1]]}`:      "a.json:1:47: this is no value",
		`{"count":2,"tx0":0,"attrs":["x"],"eavt":[[1,0,[0,5],1]]}`:    "this is no value",
		`{"count":2,"tx0":0,"attrs":["x"],"eavt":[[1,0,[1,"{"],1]]}`:  "the value is no EDN",
		`{"count":2,"schema":"{","attrs":["x"],"eavt":[[1,0,"a",1]]}`: "the schema is no EDN",
	} {
		if _, err := Open(t.Context(), strings.NewReader(text), Options{Name: "a.json"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
