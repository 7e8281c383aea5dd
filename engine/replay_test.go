package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dhfs/dhfs/cas"
)

// What every transaction did, done once more, gives the same roots.
func TestReplayGivesTheSameRoot(t *testing.T) {
	runStories(t, 12, func(w *story) { w.checkReplay() })
}

func (w *story) checkReplay() {
	db := w.conn.dbNow(w.t)
	copied, err := Create(w.ctx, cas.NewMemory(), "main", db.s.opts, w.clock)
	if err != nil {
		w.t.Fatal(err)
	}
	last := copied.dbNow(w.t)
	for forms, err := range db.Replay(w.ctx) {
		if err != nil {
			w.t.Fatal(err)
		}
		r, err := copied.Transact(w.ctx, forms, Meta{})
		if err != nil {
			w.t.Fatalf("transaction %d, %v: %v", last.T()+1, forms, err)
		}
		last = r.After
	}
	if last.Root() != db.Root() || last.T() != db.T() {
		w.t.Fatalf("the replay has root %s, want %s", last.Root(), db.Root())
	}
}

// Tuples, enums, large values, what a transaction says of itself and purges: whatever the database shows comes again.
func TestReplayOfEverything(t *testing.T) {
	for _, o := range []Options{{}, {NoHistory: true}, {SchemaOnRead: true}} {
		w := startStory(t, o)
		w.must(testSchema)
		w.must(`[{:db/ident :a/b :db/valueType :db.type/tuple :db/tupleAttrs [:person/id :person/code] :db/cardinality :db.cardinality/one}
		         {:db/ident :a/c :db/valueType :db.type/tuple :db/tupleTypes [:db.type/ref :db.type/keyword] :db/cardinality :db.cardinality/one}
		         {:db/ident :a/why :db/valueType :db.type/string :db/cardinality :db.cardinality/one} {:db/ident :color/red}]`)
		w.must(`[{:db/id 50 :person/id "ada" :person/code 1 :person/tag ["x" "y"] :a/c [50 :k]} {:db/id "t" :person/id "ben" :person/boss 50 :person/friend [:color/red]}
		         {:db/id "datomic.tx" :a/why "because"}]`)
		w.must(fmt.Sprintf(`[[:db/add 50 :person/name %q] [:db/add 50 :person/code 2]]`, strings.Repeat("long ", 5000)))
		w.must(`[[:db/retract 50 :person/tag "x"] {:db/ident :a/why :db/doc "reasons"}]`)
		w.must(`[{:db/ident :a/late :db/valueType :db.type/tuple :db/tupleAttrs [:person/id :person/boss] :db/cardinality :db.cardinality/one}]`)
		w.must(`[[:db/add 50 :person/id "ada"]]`) // makes the tuple of parts that were there
		if o.SchemaOnRead {
			w.must(`[{:db/id 60 :free/one 1} {:db/id 61 :free/one "two"}]`)
		}
		w.checkReplay()
		if o.NoHistory {
			continue
		}
		w.must(`[[:db/purge 50 :person/tag "x"] [:db.purge/attribute 50 :person/name]]`)
		w.checkReplay()
		w.must(`[[:db.purge/entity [:person/id "ben"]]]`)
		w.must(`[{:person/id "cy" :person/code 9}]`)
		w.checkReplay()
	}
}
