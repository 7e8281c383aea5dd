package engine

import "testing"

func TestMapEntities(t *testing.T) {
	w := newPeople(t)
	r := w.does(`{:person/name "A"} {:db/id -1 :person/name "B"} {:db/id "c" :person/name "C"} {:db/id 10 :person/name "D"} {:db/id nil :person/name "E"}`,
		`+10 :person/name "D"`, `+11 :person/name "A"`, `+12 :person/name "B"`, `+13 :person/name "C"`, `+14 :person/name "E"`)
	if w.tempid(r, "-1") != 12 || w.tempid(r, "c") != 13 || len(r.Tempids) != 2 {
		t.Fatalf("tempids %v", r.Tempids)
	}
	w.does(`{:db/id 11 :person/email "a@x.io"}`, `+11 :person/email "a@x.io"`)
	w.does(`{:db/id [:person/email "a@x.io"] :person/age 17}`, `+11 :person/age 17`)
	w.does(`{:db/id 20 :db/ident :the/one} {:db/id :the/one :person/name "T"}`, `+20 :db/ident :the/one`, `+20 :person/name "T"`)
	w.does(`{:db/id :the/one :person/age 3}`, `+20 :person/age 3`)
}

func TestNestedMaps(t *testing.T) {
	w := newPeople(t)
	w.does(`{:db/id -1 :person/name "Ada" :person/friend [{:person/name "Bela"} {:db/id "c" :person/name "Cyra" :person/boss {:person/name "Dora"}}]}`,
		`+1 :person/name "Ada"`, `+1 :person/friend 2`, `+1 :person/friend 3`,
		`+2 :person/name "Bela"`, `+3 :person/name "Cyra"`, `+3 :person/boss 4`, `+4 :person/name "Dora"`)
	w.does(`{:db/id 1 :person/boss {:person/email "e@x.io"}}`, `+1 :person/boss 5`, `+5 :person/email "e@x.io"`)
	w.does(`{:db/id 2 :person/boss {:person/email "e@x.io" :person/age 3}}`, `+2 :person/boss 5`, `+5 :person/age 3`)
	w.does(`{:db/id 1 :person/part #{{:db/id 9 :person/name "Wheel"}}}`, `+1 :person/part 9`, `+9 :person/name "Wheel"`)
	w.fails(codeValue, `{:db/id 1 :person/name {:person/age 3}}`, "is not of type string")
}

func TestReverseKeys(t *testing.T) {
	w := newPeople(t)
	w.does(`{:db/id 1 :person/name "Ada" :person/_friend [2 {:db/id 3 :person/name "C"}] :person/_boss -1} [:db/add -1 :person/age 5]`,
		`+1 :person/name "Ada"`, `+2 :person/friend 1`, `+3 :person/name "C"`, `+3 :person/friend 1`, `+4 :person/age 5`, `+4 :person/boss 1`)
	w.does(`{:db/id 1 :person/email "a@x.io"} {:db/id 7 :person/_friend [:person/email "a@x.io"]}`,
		`+1 :person/email "a@x.io"`, `+1 :person/friend 7`)
	w.does(`{:db/id 7 :person/_friend [[:person/email "a@x.io"] 2]}`, `+2 :person/friend 7`)
}

func TestCollectionsOfReferences(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "a@x.io"} {:db/id 2 :db/ident :the/one}`)
	w.does(`{:db/id 3 :person/friend [:person/email "a@x.io"]}`, `+3 :person/friend 1`)
	w.does(`{:db/id 4 :person/friend [[:person/email "a@x.io"] :the/one]}`, `+4 :person/friend 1`, `+4 :person/friend 2`)
	w.does(`{:db/id 5 :person/friend [:the/one "new"]} {:db/id "new" :person/age 1}`, `+5 :person/friend 2`, `+5 :person/friend 6`, `+6 :person/age 1`)
	w.does(`{:db/id 5 :person/boss :db.type/string}`, `+5 :person/boss 4398046511215`)
	w.fails(codeLookup, `{:db/id 3 :person/boss [1 2 3]}`, "no lookup ref")
}
