package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// history is all datoms there are and were of users' entities, a line each.
func (w *world) history() string {
	var lines []string
	for d, err := range w.db.History().Match(context.Background(), Pattern{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		if d.E < dbPart {
			lines = append(lines, fmt.Sprintf("%s t%d", w.show([]Datom{d}), d.T))
		}
	}
	return strings.Join(lines, "\n")
}

func (w *world) remains(want ...string) {
	w.t.Helper()
	if got := w.history(); got != strings.Join(want, "\n") {
		w.t.Fatalf("what remains is\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestPurgeValue(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "ada" :person/aka ["countess" "secret"]}`)
	w.ok(`[:db/retract 1 :person/aka "secret"]`)
	w.ok(`[:db/add 1 :person/aka "secret"]`)
	r := w.does(`[:db/purge [:person/email "ada"] :person/aka "secret"]`)
	if len(r.Purged) != 3 {
		t.Errorf("purged %v", r.Purged)
	}
	w.remains(`+1 :person/email "ada" t2`, `+1 :person/aka "countess" t2`)
	w.does(`[:db/purge 1 :person/aka "never there"]`)
}

func TestPurgeOfAReplacedValue(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "old"}`)
	w.ok(`{:db/id 1 :person/name "new"}`)
	w.ok(`[:db/purge 1 :person/name "old"]`)
	w.remains(`+1 :person/name "new" t3`)
}

// All else that a transaction says comes after its purges, wherever it stands.
func TestPurgeAndAddAtOnce(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "old" :person/email "a"}`)
	w.does(`[:db/add 1 :person/name "new"] [:db.purge/attribute 1 :person/name]`, `+1 :person/name "new"`)
	w.remains(`+1 :person/email "a" t2`, `+1 :person/name "new" t3`)
	w.does(`[:db.purge/entity [:person/email "a"]] {:db/id 2 :person/email "a"}`, `+2 :person/email "a"`)
	w.remains(`+2 :person/email "a" t4`)
}

func TestPurgeAttribute(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "a" :person/part [{:db/id 2 :person/name "part"}]}`)
	w.ok(`{:db/id 1 :person/name "b"}`)
	w.ok(`[:db.purge/attribute 1 :person/name]`)
	w.remains(`+1 :person/part 2 t2`, `+2 :person/name "part" t2`)
	w.ok(`[:db.purge/attribute 1 :person/part]`)
	w.remains()
}

func TestPurgeEntity(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "ada" :person/part {:db/id 2 :person/name "part" :person/passport {:db/id 3 :person/name "passport"}}}
	      {:db/id 4 :person/friend [1] :person/boss 3 :person/name "ben"}`)
	w.ok(`[:db/retract 4 :person/friend 1] [:db/retract 1 :person/part 2]`)
	w.ok(`[:db/retractEntity 1]`)
	w.ok(`[:db.purge/entity [:person/email "ada"]]`) // found though it is gone
	w.remains(`+4 :person/name "ben" t2`)
}

func TestPurgeHistoryBefore(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/name "a" :person/email "x"}`)
	w.ok(`{:db/id 1 :person/name "b"}`)
	w.ok(`{:db/id 1 :person/name "c"}`)
	at, err := w.db.Instant(context.Background(), 3)
	if err != nil {
		t.Fatal(err)
	}
	w.ok(fmt.Sprintf(`[:db.history.purge/before #inst %q]`, at.Format("2006-01-02T15:04:05.000Z")))
	w.remains(`+1 :person/email "x" t2`, `-1 :person/name "a" t3`, `+1 :person/name "b" t3`, `-1 :person/name "b" t4`, `+1 :person/name "c" t4`)
	w.ok(`[:db.history.purge/before #inst "2030-01-01"]`)
	w.remains(`+1 :person/email "x" t2`, `+1 :person/name "c" t4`)
}

// A composite tuple would still tell what its part was.
func TestPurgeOfAPart(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/ident :person/pair :db/valueType :db.type/tuple :db/tupleAttrs [:person/name :person/age]}`)
	w.ok(`{:db/id 1 :person/name "old" :person/age 7}`)
	w.ok(`{:db/id 1 :person/name "new"}`)
	w.ok(`[:db/purge 1 :person/name "old"]`)
	w.remains(`+1 :person/name "new" t4`, `+1 :person/age 7 t3`, `+1 :person/pair ["new" 7] t4`)
	w.does(`[:db.purge/attribute 1 :person/name]`, `+1 :person/pair [nil 7]`)
	w.remains(`+1 :person/age 7 t3`, `+1 :person/pair [nil 7] t6`)
	w.fails(codePurge, `[:db.purge/attribute 1 :person/pair]`, "purge the parts")
}

func TestPurgeOfALargeValue(t *testing.T) {
	w := newPeople(t)
	large := strings.Repeat("secret ", 1000)
	w.ok(fmt.Sprintf(`{:db/id 1 :person/name %q :person/age 7}`, large))
	w.ok(fmt.Sprintf(`[:db/purge 1 :person/name %q]`, large))
	w.remains(`+1 :person/age 7 t2`)
}

func TestPurgeRefused(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 1 :person/email "ada"}`)
	w.fails(codeSyntax, `[:db/purge 1 :person/name]`, "too few", "write [:db/purge entity attribute value]")
	w.fails(codeSyntax, `[:db.purge/entity 1 2]`, "too many")
	w.fails(codeAttribute, `[:db.purge/attribute 1 :person/nam]`, ":person/name")
	w.fails(codeMissing, `[:db.purge/entity [:person/email "ben"]]`, "nothing is or was found")
	w.fails(codeMissing, `[:db.purge/entity :color/red]`, "nothing is or was found")
	w.fails(codeEntity, `[:db.purge/entity "new"]`, "only an entity that is there")
	w.fails(codeEntity, `[:db.purge/entity "datomic.tx"]`, "only an entity that is there")
	w.fails(codeEntity, `[:db.purge/entity -1]`, "only an entity that is there")
	w.fails(codeLookupUnique, `[:db.purge/entity [:person/name "x"]]`, "not unique")
	w.fails(codePurge, `[:db.purge/entity :person/name]`, "is an attribute")
	w.fails(codePurge, `[:db.purge/attribute :person/name :db/doc]`, "is an attribute")
	w.fails(codePurge, fmt.Sprintf(`[:db.purge/entity %d]`, TxID(1)), "a transaction")
	w.fails(codePurge, fmt.Sprintf(`[:db.purge/attribute %d :db/txInstant]`, TxID(1)), "the time of a transaction")
	w.fails(codePurge, `[:db.history.purge/before "2020"]`, "no instant")
	pos := w.fails(codePurge, "\n  [:db.history.purge/before 7]").Pos
	if pos.Line != 2 || pos.Col != 29 {
		t.Errorf("at %v", pos)
	}
	none := newWorld(t, Options{NoHistory: true})
	none.ok(people)
	none.fails(codePurge, `[:db.purge/entity 1]`, "no history")
}

// purgeForm is a random form that purges.
func (w *story) purgeForm() string {
	t := w.rapid
	e := rapid.IntRange(1, 8).Draw(t, "entity")
	switch rapid.IntRange(0, 4).Draw(t, "purge") {
	case 0:
		return fmt.Sprintf("[:db.purge/entity %d]", e)
	case 1:
		return fmt.Sprintf("[:db.purge/attribute %d :person/friend]", e)
	case 2:
		return fmt.Sprintf("[:db/purge %d :title %q]", e, w.word("title"))
	case 3:
		at := w.clock.Add(-1e9 * 3).UTC()
		return fmt.Sprintf("[:db.history.purge/before #inst %q]", at.Format("2006-01-02T15:04:05.000Z"))
	}
	return fmt.Sprintf("[:db.purge/attribute %d :db/ident]", e)
}

// The value after a purge is the one that there would be if the purged datoms had never been, by
// whichever way it is reached; and older commits are what they were.
func TestPurgeLeavesNothing(t *testing.T) {
	runStories(t, 12, func(w *story) {
		if w.first.opts.NoHistory {
			return
		}
		now, was := w.model(w.conn.head.t)
		older := w.roots[len(w.roots)-1]
		text := "[" + w.purgeForm() + w.purgeForm() + `{:person/code 9 :person/name "after"}]`
		r, err := w.commit(text, never)
		if err != nil {
			return
		}
		for _, d := range r.Purged {
			if f := (fact{d.E, d.A, d.V}); d.Added && now[f] == d.T {
				delete(now, f)
			} else {
				was = slices.DeleteFunc(was, func(x Datom) bool { return x == d })
			}
		}
		for _, d := range r.Datoms {
			f := fact{d.E, d.A, d.V}
			if d.Added {
				now[f] = d.T
				continue
			}
			a, _ := w.conn.head.schema.ByID(d.A)
			if since := now[f]; !a.NoHistory {
				was = append(was, Datom{d.E, d.A, d.V, since, true}, d)
			}
			delete(now, f)
		}
		if got, want := r.After.Root(), w.rebuilt(now, was).root(); got != want {
			w.t.Fatalf("%s\nthe snapshot %s differs from the one made of what remains, %s", text, got, want)
		}
		if r.Commit.Purged != len(r.Purged) || len(r.Purged) > 0 && r.Commit.Tail != 0 {
			w.t.Fatalf("%d purged, commit %+v", len(r.Purged), r.Commit)
		}
		again, err := w.commit(`[[:db/add "later" :person/secret 3]]`, never)
		if err != nil {
			w.t.Fatal(err)
		}
		if db, err := again.After.AsOf(w.ctx, older.T()); err != nil || db.Root() != older.Root() {
			w.t.Fatalf("as of before the purge: %v, %v", db.Root(), err)
		}
		for _, id := range []DB{r.After, again.After, older} {
			db, err := Open(w.ctx, w.store, id.Commit())
			if err != nil || db.Root() != id.Root() {
				w.t.Fatalf("reopened as %v, %v; want %v", db.Root(), err, id.Root())
			}
		}
	})
}
