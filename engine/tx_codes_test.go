package engine

import "testing"

// TestCodes has every code with the form at fault on the second line, where the error has to place it.
func TestCodes(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "ada" :person/ssn 1 :person/badge "a" :person/age 36} {:db/id 2 :person/email "ben" :person/ssn 2}
		{:db/ident :person/guard :db.entity/attrs [:person/name]}`)
	for _, c := range []struct {
		code, second string // what the transaction says on its second line
		col          int32
		word         string
	}{
		{codeSyntax, `"no form"`, 1, "no form of a transaction"},
		{codeSyntax, ` [:db/ad 1 :person/name "x"]`, 3, "did you mean :db/add?"},
		{codeSyntax, ` [:db/add 1 :person/name]`, 2, "too few"},
		{codeSyntax, `{:db/id 1 "name" 1}`, 11, "keys are attributes"},
		{codeNil, `{:db/id 1 :person/name nil}`, 24, "leave the attribute out"},
		{codeAttribute, `{:db/id 1 :person/nmae "x"}`, 11, "did you mean :person/name?"},
		{codeAttribute, `[:db/retract 1 :persn/name]`, 16, "did you mean :person/name?"},
		{codeAttribute, `[:db/cas 1 :person/agee 36 37]`, 12, "did you mean :person/age?"},
		{codeAttribute, `[:db.purge/attribute 1 :person/emial]`, 24, "did you mean :person/email?"},
		{codeValue, `{:db/id 1 :person/age "old"}`, 23, "not of type long"},
		{codeSchema, `{:db/ident :x/y :db/valueType :db.type/strin}`, 31, "did you mean :db.type/string?"},
		{codeSchema, `{:db/id :person/age :db/valueType :db.type/string}`, 35, "has been used"},
		{codeUnique, `[:db/add 2 :person/badge "a"]`, 1, "entity 1"},
		{codeUnique, `{:db/id 2 :person/email "ada"}`, 25, "entity 1"},
		{codeUpsert, `{:person/email "ada" :person/ssn 2}`, 34, "conflicting upserts"},
		{codeConflict, `[:db/add 1 :person/age 1] [:db/add 1 :person/age 2]`, 27, "two values"},
		{codeCas, `[:db/cas 1 :person/age 35 37]`, 1, "36"},
		{codeCas, `[:db/cas 1 :person/age nil 37]`, 1, "36"},
		{codeEnsure, `{:db/id 1 :db/ensure :person/guard}`, 22, "has no :person/name"},
		{codeInstant, `{:db/id "datomic.tx" :db/txInstant #inst "1999-01-01"}`, 36, "does not come after"},
		{codePurge, `[:db.purge/attribute 1 :db/txInstant]`, 24, "cannot be purged"},
		{codeEntity, `[:db/add 1.5 :person/name "x"]`, 10, "is no entity"},
		{codeEntity, `[:db/add 0 :person/name "x"]`, 10, "begin at 1"},
		{codeMissing, `[:db/add [:person/email "eve"] :person/age 3]`, 10, "nothing is found under"},
		{codeMissing, `[:db/add 1 :person/boss :color/red]`, 25, ":color/red"},
		{codeLookup, `[:db/add [:person/email] :person/age 3]`, 10, "write [:attribute value]"},
		{codeLookupUnique, `[:db/add [:person/name "Ada"] :person/age 3]`, 10, "is not unique"},
	} {
		e := w.fails(c.code, "\n"+c.second, c.word)
		if e.Pos.Line != 2 || e.Pos.Col != c.col {
			t.Errorf("%s: placed at %d:%d, want 2:%d", c.second, e.Pos.Line, e.Pos.Col, c.col)
		}
	}
}
