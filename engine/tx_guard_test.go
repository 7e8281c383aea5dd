package engine

import "testing"

func TestEntitySpecs(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/ident :person/guard :db.entity/attrs [:person/email :person/name]}
		{:db/ident :age/guard :db.entity/attrs :person/age}
		{:db/ident :pred/guard :db.entity/attrs [:person/age] :db.entity/preds [my/adult?]}
		{:db/ident :typo/guard :db.entity/attrs [:person/nme]}`)
	w.does(`{:db/id 100 :person/email "a@x.io" :person/name "Ada" :db/ensure :person/guard}`, `+100 :person/email "a@x.io"`, `+100 :person/name "Ada"`)
	w.does(`{:person/email "a@x.io" :person/age 3 :db/ensure [:person/guard :age/guard]}`, `+100 :person/age 3`)
	w.does(`[:db/add 100 :db/ensure :age/guard]`)
}

func TestEntitySpecsThatAreNotMet(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/ident :person/guard :db.entity/attrs [:person/email :person/name]}
		{:db/ident :pred/guard :db.entity/preds [my/adult?]}
		{:db/ident :typo/guard :db.entity/attrs [:person/nme]} {:db/id 50 :person/name "Ada"}`)
	for _, c := range []struct{ code, tx, word string }{
		{codeEnsure, `{:person/name "x" :db/ensure :person/guard}`, "it has no :person/email"},
		{codeEnsure, `{:person/age 5 :db/ensure :person/guard}`, "it has no :person/email, :person/name"},
		{codeEnsure, `{:person/age 5 :db/ensure :pred/guard}`, "predicate my/adult?"},
		{codeEnsure, `{:person/age 5 :db/ensure :typo/guard}`, "did you mean :person/name?"},
		{codeEnsure, `{:person/age 5 :db/ensure 50}`, "is no entity spec"},
		{codeMissing, `{:person/age 5 :db/ensure :no/guard}`, ":no/guard"},
		{codeEnsure, `[:db/retract 50 :person/name] [:db/add 50 :person/email "e"] {:db/id 50 :db/ensure :person/guard}`, "has no :person/name"},
	} {
		w.fails(c.code, c.tx, c.word)
	}
	w.ok(`{:db/id "spec" :db/ident :new/guard :db.entity/attrs [:person/age]} {:db/id 50 :db/ensure "spec" :person/age 4}`)
}
