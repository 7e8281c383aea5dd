package engine

import "testing"

func TestIdsThatCannotBe(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "Ada"}`)
	for _, c := range []struct{ code, tx, word string }{
		{codeEntity, `[:db/add 0 :person/name "x"]`, "ids begin at 1"},
		{codeEntity, `[:db/add 9223372036854775808 :person/name "x"]`, "out of range"},
		{codeEntity, `[:db/add 1.5 :person/name "x"]`, "1.5 is no entity"},
		{codeEntity, `{:db/id #{1} :person/name "x"}`, "is no entity"},
		{codeMissing, `[:db/add 4398046512999 :person/name "x"]`, "no attribute with id 4398046512999"},
		{codeMissing, `[:db/add 13194139533320 :person/name "x"]`, "no transaction with id"},
		{codeMissing, `[:db/add 8796093022208 :person/name "x"]`, "no transaction with id"},
		{codeSchema, `[:db/add :db/doc :person/name "x"]`, "belongs to the system"},
		{codeSchema, `[:db/add 4398046511111 :person/name "x"]`, "belongs to the system"},
		{codeSchema, `[:db/add 1 :db/valueType :db.type/long]`, "leave :db/id out"},
		{codeMissing, `[:db/add :no/body :person/name "x"]`, "no entity has the ident :no/body"},
		{codeMissing, `[:db/add [:person/email "x"] :person/name "x"]`, `nothing is found under [:person/email "x"]`},
		{codeMissing, `{:db/id [:person/email "x"] :person/email "x"}`, "nothing is found"},
		{codeMissing, `{:person/boss [:person/ssn 5]}`, "nothing is found under [:person/ssn 5]"},
		{codeLookupUnique, `[:db/add [:person/name "Ada"] :person/age 3]`, ":person/name is not unique"},
		{codeLookup, `[:db/add [:person/email] :person/age 3]`, "write [:attribute value]"},
		{codeValue, `[:db/add [:person/email 5] :person/age 3]`, "5 is not of type string"},
		{codeNil, `[:db/add [:person/email nil] :person/age 3]`, "nil cannot be"},
		{codeAttribute, `[:db/add [:person/emai "x"] :person/age 3]`, "did you mean :person/email?"},
		{codeSyntax, `[:db/add 1 :person/boss -1]`, "tempid -1 is only used as a value"},
		{codeSyntax, `{:db/id 1 :person/boss "Bob"}`, "tempid Bob is only used as a value"},
		{codeSyntax, `[:db/retract -1 :person/name]`, "tempid -1 is no entity that is there"},
		{codeSyntax, `[:db/retractEntity "x"]`, "tempid x is no entity that is there"},
		{codeEntity, `{:db/id #db/id [:db.part/user 5] :person/name "x"}`, "the number is negative"},
		{codeEntity, `{:db/id #foo [1] :person/name "x"}`, "is no entity"},
	} {
		w.fails(c.code, c.tx, c.word)
	}
}

func TestLargeIdsAreTakenAsTheyAre(t *testing.T) {
	w := newPeople(t)
	w.does(`[:db/add 17592186045418 :person/name "from Datomic"] [:db/add 9223372036854775807 :person/boss 17592186045418]`,
		`+17592186045418 :person/name "from Datomic"`, `+9223372036854775807 :person/boss 17592186045418`)
	w.does(`{:person/name "next"}`, `+1 :person/name "next"`)
}

func TestNewIdsComeAfterAllThatWereUsed(t *testing.T) {
	w := newPeople(t)
	w.does(`{:person/name "A" :person/boss 100} {:db/id 7 :person/name "B"}`, `+7 :person/name "B"`, `+101 :person/name "A"`, `+101 :person/boss 100`)
	w.ok(`[:db/retractEntity 101]`)
	w.does(`{:person/name "C"}`, `+102 :person/name "C"`)
}

func TestDatomicTempids(t *testing.T) {
	w := newPeople(t)
	r := w.does(`{:db/id #db/id [:db.part/user -100] :person/name "A" :person/boss #db/id [:db.part/user -101]}
		{:db/id #db/id [:db.part/user -101] :person/name "B"} {:db/id #db/id [:db.part/user] :person/name "C"} [:db/add #db/id [:db.part/tx] :db/doc "import"]`,
		`+1 :person/name "A"`, `+1 :person/boss 2`, `+2 :person/name "B"`, `+3 :person/name "C"`, `+13194139533314 :db/doc "import"`)
	if w.tempid(r, "-100") != 1 {
		t.Fatal(r.Tempids)
	}
}

func TestLookupRefsSeeTheirOwnTransaction(t *testing.T) {
	w := newPeople(t)
	w.does(`{:person/name "Bela" :person/boss [:person/email "a@x.io"] :person/friend [[:person/badge "007"] :the/one]}
		{:person/email "a@x.io" :person/badge "007"} {:db/id 20 :db/ident :the/one}`,
		`+20 :db/ident :the/one`, `+21 :person/name "Bela"`, `+21 :person/friend 20`, `+21 :person/friend 22`, `+21 :person/boss 22`,
		`+22 :person/email "a@x.io"`, `+22 :person/badge "007"`)
	w.does(`[:db/add [:person/badge "007"] :person/age 40]`, `+22 :person/age 40`)
	w.does(`{:db/id [:person/email "b@x.io"] :person/age 1} {:db/id 30 :person/email "b@x.io"}`, `+30 :person/email "b@x.io"`, `+30 :person/age 1`)
}
