package engine

import (
	"strings"
	"testing"
)

func TestUniqueValues(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/badge "x"} {:db/id 2 :person/email "a@x.io"}`)
	w.does(`{:db/id 1 :person/badge "x"}`)
	w.fails(codeUnique, `{:person/badge "x"}`, `:person/badge is unique: entity 3 cannot have "x", which belongs to entity 1`)
	w.fails(codeUnique, `[:db/add 3 :person/email "a@x.io"]`, "entity 2")
	w.fails(codeUnique, `{:db/id -1 :person/badge "y"} {:db/id -2 :person/badge "y"}`)
	w.fails(codeUnique, `{:db/id -1 :person/badge "y"} [:db/add 1 :person/badge "y"]`)
}

func TestUniqueValuesChangeHands(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/badge "x"} {:db/id 2 :person/badge "y"}`)
	w.does(`[:db/retract 1 :person/badge "x"] [:db/add 3 :person/badge "x"]`, `-1 :person/badge "x"`, `+3 :person/badge "x"`)
	w.does(`[:db/add 4 :person/badge "x"] [:db/add 3 :person/badge "z"]`, `-3 :person/badge "x"`, `+3 :person/badge "z"`, `+4 :person/badge "x"`)
	w.does(`[:db/add 2 :person/badge "x"] [:db/add 4 :person/badge "y"]`,
		`+2 :person/badge "x"`, `-2 :person/badge "y"`, `-4 :person/badge "x"`, `+4 :person/badge "y"`)
	w.does(`[:db/retractEntity 2] [:db/add 5 :person/badge "x"]`, `-2 :person/badge "x"`, `+5 :person/badge "x"`)
}

func TestUniqueValuesAreShort(t *testing.T) {
	w := newPeople(t)
	long := `"` + strings.Repeat("x", 1025) + `"`
	w.fails(codeValue, `{:person/badge `+long+`}`, "longer than the 1024 that are allowed")
	w.fails(codeValue, `[:db/add [:person/email `+long+`] :person/age 1]`, "longer than")
	w.ok(`{:db/id 1 :person/name ` + long + `}`)
}

func TestUniqueWithCardinalityMany(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/ident :person/mail :db/valueType :db.type/string :db/cardinality :db.cardinality/many :db/unique :db.unique/identity}`)
	w.does(`{:person/mail ["a" "b"]}`, `+1 :person/mail "a"`, `+1 :person/mail "b"`)
	w.does(`{:person/mail ["b" "c"]}`, `+1 :person/mail "c"`)
	w.does(`{:person/mail "d"}`, `+2 :person/mail "d"`)
	w.fails(codeUpsert, `{:person/mail ["d" "a"]}`, "entity 1", "entity 2")
}
