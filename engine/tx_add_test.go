package engine

import "testing"

func TestAddInAllForms(t *testing.T) {
	w := newPeople(t)
	w.does(`{:db/id 1 :person/name "Ada" :person/aka ["ace" "bee"]}`,
		`+1 :person/name "Ada"`, `+1 :person/aka "ace"`, `+1 :person/aka "bee"`)
	w.does(`[:db/add 1 :person/age 17] [2 :person/name "Bela" 7 true]`, `+1 :person/age 17`, `+2 :person/name "Bela"`)
	w.does(`[:db/add 1 :person/age 17]`)
	w.does(`(:db/add 1 :person/age 18 99)`, `-1 :person/age 17`, `+1 :person/age 18`)
	w.does(`[1 :person/age 18 99 false] nil`, `-1 :person/age 18`)
	w.does(`{:db/id 1 :person/aka #{"cat" "ace"}}`, `+1 :person/aka "cat"`)
	w.does(`{:db/id 1 :person/aka "dog"} {:person/aka ()} {:db/id 1}`, `+1 :person/aka "dog"`)
	w.has(1, `:person/name "Ada"`, `:person/aka "ace"`, `:person/aka "bee"`, `:person/aka "cat"`, `:person/aka "dog"`)
}

func TestAttributesByID(t *testing.T) {
	w := newPeople(t)
	a, _ := w.db.Schema().ByIdent("person/name")
	if a.ID != firstAttr+3 {
		t.Fatalf(":person/name has id %d", a.ID)
	}
	w.does(`[:db/add 1 4398046512107 "Ada"]`, `+1 :person/name "Ada"`)
	w.fails(codeAttribute, `[:db/add 1 77 "Ada"]`, "no attribute with id 77")
}

func TestRedundantAndContradictoryForms(t *testing.T) {
	w := newPeople(t)
	w.does(`{:db/id 1 :person/name "Ada"} [:db/add 1 :person/name "Ada"] {:db/id 1 :person/name "Ada"}`, `+1 :person/name "Ada"`)
	w.does(`[:db/retract 1 :person/name "Bob"] [:db/retract 9 :person/name]`)
	for _, c := range []struct{ tx, word string }{
		{`[:db/add 2 :person/name "Ada"] [:db/add 2 :person/name "Bob"]`, `two values: "Ada" and "Bob"`},
		{`{:db/id -1 :person/name "Ada"} [:db/add -1 :person/name "Bob"]`, "two values"},
		{`[:db/add 1 :person/name "Ada"] [:db/retract 1 :person/name "Ada"]`, `"Ada" both added and retracted`},
		{`[:db/retract 1 :person/aka "x"] [:db/add 1 :person/aka "x"]`, "both added and retracted"},
		{`[:db/add 1 :person/name "Bob"] [:db/retract 1 :person/name]`, "a later form retracts all its values"},
	} {
		w.fails(codeConflict, c.tx, c.word)
	}
}

func TestSyntaxErrors(t *testing.T) {
	w := newPeople(t)
	for _, c := range []struct{ code, tx, word string }{
		{codeSyntax, `17`, "no form of a transaction"},
		{codeSyntax, `[]`, "no form of a transaction"},
		{codeSyntax, `[1 2 3]`, "a datom is [entity attribute value t added]"},
		{codeSyntax, `[:db/ad 1 :person/name "x"]`, "did you mean :db/add?"},
		{codeSyntax, `[:my/function 1 2]`, "no transaction functions"},
		{codeSyntax, `[:db/add 1 :person/name]`, "1 items too few"},
		{codeSyntax, `[:db/add 1 :person/name 3 4 5 6]`, "2 items too many"},
		{codeSyntax, `[:db/retractEntity]`, "[:db/retractEntity entity]"},
		{codeSyntax, `{"name" "Ada"}`, "keys are attributes"},
		{codeSyntax, `[:db/add 1 "person/name" "Ada"]`, "attributes are keywords"},
		{codeSyntax, `[:db/add 1 :db/id 5]`, ":db/id cannot be stored"},
		{codeSyntax, `{:db/id 1 :person/_name 2}`, "only references can be reversed"},
		{codeNil, `{:db/id 1 :person/name nil}`, "nil cannot be the value of :person/name"},
		{codeNil, `[:db/add 1 :person/name nil]`, "nil cannot be the value"},
		{codeNil, `[:db/add nil :person/name "x"]`, "nil is no entity"},
		{codeNil, `{:db/id 1 :person/aka ["x" nil]}`, "nil cannot be the value of :person/aka"},
		{codeAttribute, `{:db/id 1 :person/nam "Ada"}`, "did you mean :person/name?"},
		{codeAttribute, `{:db/id 1 :persn/name "Ada"}`, "did you mean :person/name?"},
		{codeAttribute, `{:db/id 1 :quite/different 1}`, "declare it first: {:db/ident :quite/different"},
		{codeAttribute, `[:db/retract 1 :person/nam]`, "did you mean :person/name?"},
	} {
		w.fails(c.code, c.tx, c.word)
	}
}

func TestErrorsHavePositions(t *testing.T) {
	w := newPeople(t)
	for _, c := range []struct {
		tx        string
		line, col int32
	}{
		{"{:db/id 1\n  :person/nam \"Ada\"}", 2, 3},
		{"{:db/id 1\n  :person/age \"old\"}", 2, 15},
		{"[:db/add 1 :person/name \"A\"]\n [:db/add 1 :person/name \"B\"]", 2, 2},
		{"{:db/id 1 :person/boss\n [:person/email \"nobody\"]}", 2, 2},
	} {
		_, err := w.try(c.tx)
		e, ok := err.(*TxError)
		if !ok || e.Pos.Line != c.line || e.Pos.Col != c.col {
			t.Errorf("%s: %v, want it at %d:%d", c.tx, err, c.line, c.col)
		}
	}
}
