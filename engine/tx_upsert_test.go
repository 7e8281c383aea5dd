package engine

import "testing"

func TestUpsert(t *testing.T) {
	w := newPeople(t)
	w.does(`{:person/email "a@x.io" :person/age 17}`, `+1 :person/email "a@x.io"`, `+1 :person/age 17`)
	w.does(`{:person/email "a@x.io" :person/age 24}`, `-1 :person/age 17`, `+1 :person/age 24`)
	w.does(`{:person/email "a@x.io" :person/age 24}`)
	r := w.does(`[:db/add -1 :person/email "a@x.io"] [:db/add -1 :person/name "Ada"] {:db/id "x" :person/email "a@x.io"}`, `+1 :person/name "Ada"`)
	if w.tempid(r, "-1") != 1 || w.tempid(r, "x") != 1 {
		t.Fatal(r.Tempids)
	}
	w.does(`{:person/email "b@x.io" :person/friend [{:person/email "a@x.io" :person/age 30}]}`,
		`-1 :person/age 24`, `+1 :person/age 30`, `+2 :person/email "b@x.io"`, `+2 :person/friend 1`)
	w.does(`{:person/badge "1"}`, `+3 :person/badge "1"`)
}

func TestUpsertUnifiesTempids(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "a@x.io"} {:db/id 2 :person/ssn 7}`)
	for _, c := range []struct {
		tx   string
		want []string
	}{
		{`{:db/id -1 :person/name "A"} {:db/id 5 :person/boss -1} {:db/id -1 :person/email "a@x.io"}`,
			[]string{`+1 :person/name "A"`, `+5 :person/boss 1`}},
		{`{:db/id -1 :person/email "new" :person/name "N"} {:db/id -2 :person/email "new" :person/age 5}`,
			[]string{`+6 :person/name "N"`, `+6 :person/email "new"`, `+6 :person/age 5`}},
		{`{:db/id -1 :person/email "m" :person/ssn 8} {:db/id -2 :person/ssn 8 :person/badge "m"} {:db/id -3 :person/email "m" :person/age 1}`,
			[]string{`+7 :person/ssn 8`, `+7 :person/email "m"`, `+7 :person/badge "m"`, `+7 :person/age 1`}},
		{`{:person/email "p"} {:db/id 50 :person/email "p"}`, []string{`+50 :person/email "p"`}},
	} {
		r := w.ok(c.tx)
		if got, want := sorted(w.show(r.Datoms)), sorted(c.want...); got != want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.tx, got, want)
		}
	}
}

func TestUpsertThroughReferences(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/ident :seat/of :db/valueType :db.type/ref :db/unique :db.unique/identity}`)
	w.does(`{:db/id -2 :person/name "chair" :seat/of -1} {:db/id -1 :person/email "a@x.io"}`,
		`+1 :person/name "chair"`, `+1 :seat/of 2`, `+2 :person/email "a@x.io"`)
	w.does(`{:db/id -2 :person/name "stool" :seat/of -1} {:db/id -1 :person/email "a@x.io"}`,
		`-1 :person/name "chair"`, `+1 :person/name "stool"`)
	w.does(`{:db/id -3 :seat/of -2 :person/age 1} {:db/id -2 :seat/of -1} {:db/id -1 :person/email "b@x.io"} {:db/id -4 :seat/of -2 :person/name "x"}`,
		`+3 :person/name "x"`, `+3 :person/age 1`, `+3 :seat/of 4`, `+4 :seat/of 5`, `+5 :person/email "b@x.io"`)
	w.does(`{:db/id -3 :seat/of -2 :person/age 2} {:db/id -2 :seat/of -1} {:db/id -1 :person/email "b@x.io"}`,
		`-3 :person/age 1`, `+3 :person/age 2`)
	w.does(`[:db/add [:seat/of [:person/email "b@x.io"]] :person/name "two"]`, `+4 :person/name "two"`)
}

func TestConflictingUpserts(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "a@x.io"} {:db/id 2 :person/ssn 7}`)
	w.fails(codeUpsert, `{:person/email "a@x.io" :person/ssn 7}`, "entity 1", "entity 2", `[:person/email "a@x.io"]`, "[:person/ssn 7]")
	w.fails(codeUpsert, `{:db/id -1 :person/email "a@x.io"} [:db/add -1 :person/ssn 7]`, "conflicting upserts")
	w.fails(codeUnique, `{:db/id 5 :person/email "a@x.io"}`, "entity 5 cannot have", "entity 1")
	w.fails(codeUnique, `{:db/id 5 :person/email "n"} {:db/id 6 :person/email "n"}`, "entity 6", "entity 5")
	w.fails(codeUnique, `{:db/id -1 :person/email "a@x.io" :person/ssn 9} {:db/id 6 :person/ssn 9}`, "entity 1", "entity 6", "9")
}
