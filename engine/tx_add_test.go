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
