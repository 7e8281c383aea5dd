package engine

import "testing"

func TestRetract(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "a@x.io" :person/name "Ada" :person/aka ["ace" "bee" "cat"]}`)
	w.does(`[:db/retract 1 :person/aka "ace"]`, `-1 :person/aka "ace"`)
	w.does(`[:db/retract 1 :person/aka "ace"] [:db/retract 1 :person/name "Bob"]`)
	w.does(`[:db/retract [:person/email "a@x.io"] :person/name "Ada"]`, `-1 :person/name "Ada"`)
	w.does(`[:db/retract 1 :person/aka]`, `-1 :person/aka "bee"`, `-1 :person/aka "cat"`)
	w.does(`[:db/retract [:person/email "nobody"] :person/name] [:db/retractEntity [:person/email "nobody"]] [:db/retractEntity 99] [:db/retract :no/body :person/age 1]`)
	w.fails(codeMissing, `[:db/retract 1 :person/boss [:person/email "nobody"]]`)
	w.does(`[:db/retract 1 :person/email nil]`, `-1 :person/email "a@x.io"`)
}

func TestRetractThenAdd(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "Ada" :person/aka ["ace" "bee"]}`)
	w.does(`[:db/retract 1 :person/aka] {:db/id 1 :person/aka ["bee" "cat"]}`, `-1 :person/aka "ace"`, `+1 :person/aka "cat"`)
	w.does(`[:db.fn/retractAttribute 1 :person/name] [:db/add 1 :person/name "Ada"]`)
	w.does(`[:db/retractEntity 1] {:db/id 1 :person/name "New"}`,
		`-1 :person/name "Ada"`, `+1 :person/name "New"`, `-1 :person/aka "bee"`, `-1 :person/aka "cat"`)
	w.fails(codeConflict, `{:db/id 1 :person/age 5} [:db/retractEntity 1]`, "a later form retracts the entity")
	w.fails(codeConflict, `{:db/id 2 :person/boss 1} [:db/retractEntity 1]`, "a later form retracts the entity")
}

func TestRetractEntity(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "Car" :person/part [2 3] :person/boss 1}
		{:db/id 2 :person/name "Wheel" :person/part 4 :person/passport 6} {:db/id 3 :person/name "Door" :person/boss 9} {:db/id 4 :person/name "Bolt" :person/part 1}
		{:db/id 5 :person/friend [2 1] :person/boss 4} {:db/id 6 :person/name "P"} {:db/id 9 :person/name "stays"}`)
	w.does(`[:db/retractEntity 1]`,
		`-1 :person/name "Car"`, `-1 :person/boss 1`, `-1 :person/part 2`, `-1 :person/part 3`,
		`-2 :person/name "Wheel"`, `-2 :person/part 4`, `-2 :person/passport 6`, `-3 :person/name "Door"`, `-3 :person/boss 9`,
		`-4 :person/name "Bolt"`, `-4 :person/part 1`, `-5 :person/friend 1`, `-5 :person/friend 2`, `-5 :person/boss 4`, `-6 :person/name "P"`)
	w.has(9, `:person/name "stays"`)
	w.has(5)
}

func TestRetractAttribute(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "Car" :person/part [2 3]} {:db/id 2 :person/name "Wheel"} {:db/id 3 :person/name "Door"}`)
	w.does(`[:db.fn/retractAttribute 1 :person/name]`, `-1 :person/name "Car"`)
	w.does(`[:db/retract 1 :person/part 2]`, `-1 :person/part 2`)
	w.does(`[:db.fn/retractAttribute 1 :person/part]`, `-1 :person/part 3`, `-3 :person/name "Door"`)
	w.has(2, `:person/name "Wheel"`)
	w.fails(codeConflict, `{:db/id 2 :person/aka "x"} [:db.fn/retractAttribute 2 :person/aka]`)
}

func TestWhatCannotBeRetracted(t *testing.T) {
	w := newPeople(t)
	w.fails(codeSchema, `[:db/retractEntity :person/name]`, "is an attribute or a transaction")
	w.fails(codeSchema, `[:db/retractEntity 13194139533313]`, "cannot be retracted")
	w.fails(codeInstant, `[:db/retract 13194139533313 :db/txInstant]`)
	w.fails(codeSchema, `[:db/retract :db/doc :db/doc]`, "belongs to the system")
}
