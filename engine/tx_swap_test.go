package engine

import "testing"

func TestCompareAndSwap(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/age 17 :person/email "a@x.io" :person/aka ["x" "y"] :person/boss 2}`)
	w.does(`[:db/cas 1 :person/age 17 24]`, `-1 :person/age 17`, `+1 :person/age 24`)
	w.does(`[:db.fn/cas [:person/email "a@x.io"] :person/age 24 25]`, `-1 :person/age 24`, `+1 :person/age 25`)
	w.does(`[:db/cas 1 :person/age 25 25]`)
	w.does(`[:db/cas 1 :person/name nil "Ada"] [:db/cas 7 :person/name nil "new"]`, `+1 :person/name "Ada"`, `+7 :person/name "new"`)
	w.does(`[:db/cas 1 :person/boss 2 :person/name]`, `-1 :person/boss 2`, `+1 :person/boss 4398046512107`)
	w.does(`[:db/cas 1 :person/aka "x" "z"]`, `+1 :person/aka "z"`)
	for _, c := range []struct{ code, tx, word string }{
		{codeCas, `[:db/cas 1 :person/age 38 24]`, ":person/age of entity 1 is 25, expected 38"},
		{codeCas, `[:db/cas 1 :person/age nil 24]`, "is 25, expected nil"},
		{codeCas, `[:db/cas 1 :person/height 1.0 2.0]`, "is nil, expected 1.0"},
		{codeCas, `[:db/cas 1 :person/aka "w" "v"]`, `is "x" "y" "z", expected "w"`},
		{codeCas, `[:db/cas 1 :person/aka nil "v"]`, "expected nil"},
		{codeConflict, `[:db/cas 1 :person/age 25 26] [:db/cas 1 :person/age 25 27]`, "two values"},
		{codeValue, `[:db/cas 1 :person/age "x" 24]`, "is not of type long"},
		{codeNil, `[:db/cas 1 :person/age 25 nil]`, "nil cannot be"},
		{codeSyntax, `[:db/cas -1 :person/age nil 25]`, "tempid -1 is no entity that is there"},
		{codeMissing, `[:db/cas [:person/email "b"] :person/age nil 25]`, "nothing is found"},
		{codeSyntax, `[:db/cas 1 :person/age 25]`, "too few"},
	} {
		w.fails(c.code, c.tx, c.word)
	}
}
