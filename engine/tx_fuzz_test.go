package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/dhfs/dhfs/engine/edn"
)

// FuzzTransact runs any EDN as tx data: it is refused with a *TxError, or changes what it says.
func FuzzTransact(f *testing.F) {
	for _, seed := range []string{
		`{:db/id -1 :person/name "Ada" :person/friend [{:person/name "Bela"} [:person/email "a@x.io"]] :person/_boss "x"} [:db/add "x" :person/age 5]`,
		`[:db/retract 1 :person/name] [:db/retractEntity [:person/email "a@x.io"]] [:db/cas 1 :person/age nil 5] [1 :person/aka "x" 5 true]`,
		`{:db/ident :a/b :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :person/age] :db/unique :db.unique/identity} {:a/b ["x" 1] :db/ensure :a/b}`,
		`{:db/id "datomic.tx" :db/txInstant #inst "2026-01-01" :db/doc "x"} [:db.fn/retractAttribute 1 :person/part] #db/id [:db.part/user -1]`,
		`{:db/ident :a/c :db/valueType :db.type/tuple :db/tupleTypes [:db.type/ref :db.type/long]} {:a/c [-1 5]} {:db/id -1 :a/c [nil nil]} [:db/add :person/name :db/cardinality :db.cardinality/many]`,
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	worlds := map[bool]*world{true: newWorld(f, Options{SchemaOnRead: true}), false: newWorld(f, Options{})}
	for _, w := range worlds {
		w.ok(people)
		w.ok(`{:db/id 1 :person/name "Ada" :person/email "a@x.io" :person/aka ["x" "y"] :person/part [2 3]} {:db/id 2 :person/part 4 :person/boss 1} {:db/id 3 :person/age 5}`)
	}
	f.Fuzz(func(t *testing.T, text string, onRead bool) {
		forms, err := edn.ParseAll(text)
		if err != nil {
			return
		}
		db := worlds[onRead].db
		r, err := db.With(context.Background(), forms, noon)
		var refusal *TxError
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("%s: %v", text, err)
		}
		if err == nil {
			checkNet(t, db, r)
		}
	})
}
