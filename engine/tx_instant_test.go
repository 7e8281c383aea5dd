package engine

import (
	"testing"
	"time"
)

func TestTransactionsAreEntities(t *testing.T) {
	w := newPeople(t)
	tx := TxID(2)
	r := w.ok(`{:db/id "datomic.tx" :db/doc "why" :person/name "me"} [:db/add :db/current-tx :person/age 3] [:db/add 1 :person/boss "datomic.tx"] {:db/id ":db/current-tx" :person/boss 1}`)
	w.has(tx, `:db/doc "why"`, `:db/txInstant #inst "2026-01-02T12:00:02.000Z"`, `:person/name "me"`, `:person/age 3`, `:person/boss 1`)
	w.has(1, `:person/boss 13194139533314`)
	if len(r.Tempids) != 0 || !r.After.At().Equal(noon.Add(2*time.Second)) || r.After.T() != 2 {
		t.Fatal(r.Tempids, r.After.At(), r.After.T())
	}
	w.does(`{:db/id 13194139533314 :person/height 1.5}`, `+13194139533314 :person/height 1.5`)
}

func TestInstantsRise(t *testing.T) {
	w := newWorld(t, Options{})
	w.ok(`{:db/id "datomic.tx" :db/txInstant #inst "1999-01-01"}`)
	w.ok(`[:db/add "datomic.tx" :db/txInstant #inst "1999-01-01T00:00:00.001Z"]`)
	w.fails(codeInstant, `{:db/id "datomic.tx" :db/txInstant #inst "1999-01-01T00:00:00.001Z"}`, "does not come after", "newest transaction is of")
	w.fails(codeInstant, `{:db/id "datomic.tx" :db/txInstant #inst "2026-01-03"}`, "in the future")
	w.fails(codeInstant, `{:db/id 1 :db/txInstant #inst "2026-01-01"}`, "of entity 1 cannot be set")
	w.fails(codeInstant, `{:db/id 13194139533313 :db/txInstant #inst "2026-01-01"}`, "cannot be set")
	w.fails(codeInstant, `[:db/retract "datomic.tx" :db/txInstant]`, "cannot be retracted")
	w.fails(codeValue, `{:db/id "datomic.tx" :db/txInstant 5}`, "is not of type instant")
	w.ok(``)
	at := w.db.At()
	w.now = at.Add(-time.Hour)
	w.ok(``)
	if got := w.db.At(); !got.Equal(at.Add(time.Millisecond)) {
		t.Fatalf("a clock that was set back gives %v after %v", got, at)
	}
}
