package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
)

// fork is a second branch of the story, at its head.
func (w *story) fork(name string) *story {
	head := w.conn.dbNow(w.t)
	if err := w.store.SetRef(w.ctx, heads+name, cid.Undef, head.Commit()); err != nil {
		w.t.Fatal(err)
	}
	c, err := Connect(w.ctx, w.store, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return &story{t: w.t, rapid: w.rapid, ctx: w.ctx, store: w.store, conn: c, clock: w.clock.Add(time.Minute), purges: map[uint64][]purging{}}
}

// facts are the datoms of users' entities, "ada person/name Ada", and the attributes, sorted. Entities are shown by their :person/id.
func facts(t *testing.T, db DB) []string {
	t.Helper()
	id, _ := db.Schema().ByIdent("person/id")
	name := func(e ID) string {
		for d, err := range db.Match(t.Context(), Pattern{E: Some(e), A: Some(id.ID)}) {
			if err != nil {
				t.Fatal(err)
			}
			return Text(d.V)
		}
		return fmt.Sprint(uint64(e))
	}
	var all []string
	for d, err := range db.Match(t.Context(), Pattern{}) {
		if err != nil {
			t.Fatal(err)
		}
		a, _ := db.Schema().ByID(d.A)
		v := Text(d.V)
		if d.V.Kind() == RefKind {
			v = name(d.V.Ref())
		}
		_, isTx := TxOf(d.E)
		switch {
		case isTx:
		case !isAttr(d.E):
			all = append(all, name(d.E)+" "+a.Ident+" "+v)
		case a.ID == attrIdent:
			all = append(all, "attribute "+v)
		}
	}
	slices.Sort(all)
	return all
}

// checkGain compares what is there after a merge with what was there before: facts apart by "; ".
func checkGain(t *testing.T, before, after DB, gains, loses string) {
	t.Helper()
	old, now := facts(t, before), facts(t, after)
	less := func(all, those []string) string {
		return strings.Join(slices.DeleteFunc(slices.Clone(all), func(f string) bool { return slices.Contains(those, f) }), "; ")
	}
	if got := less(now, old); got != gains {
		t.Errorf("gains %q, want %q", got, gains)
	}
	if got := less(old, now); got != loses {
		t.Errorf("loses %q, want %q", got, loses)
	}
}

// told is a conflict in short: what ours, theirs and the base have.
func told(c Conflict) string {
	show := func(values []Value) string {
		var texts []string
		for _, v := range values {
			texts = append(texts, Text(v))
		}
		return "[" + strings.Join(texts, " ") + "]"
	}
	return fmt.Sprintf("%s %d %s %s %s %s", c.Kind, c.Entity, c.Attr, show(c.Base), show(c.Ours), show(c.Theirs))
}

// Two branches of a small database, and what comes of them.
func TestMerge(t *testing.T) {
	const people = `[{:db/id 1 :person/id "ada" :person/name "Ada" :person/tag ["x" "y"]}
	                 {:db/id 2 :person/id "ben" :person/name "Ben" :person/boss 1 :person/code 7}
	                 {:db/id 3 :person/id "cy" :shop/part {:db/id 4 :person/name "part of cy"}}]`
	large := strings.Repeat("t", maxInline+1)
	const part = `[{:db/ident :shop/part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}]`
	for _, c := range []struct {
		name         string
		ours, theirs string
		gains, loses string   // of ours, by the merge; facts apart by "; "
		conflicts    []string // without choices
		withTheirs   string   // what is gained when theirs is taken in every conflict
		lost         string   // and what is lost
	}{
		{name: "apart", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 2 :person/name "B."]]`, gains: "ben person/name B.", loses: "ben person/name Ben"},
		{name: "the same", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 1 :person/name "A."]]`},
		{name: "two values", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 1 :person/name "Adele"]]`,
			conflicts: []string{"value 1 person/name [Ada] [A.] [Adele]"}, withTheirs: "ada person/name Adele", lost: "ada person/name A."},
		{name: "changed and retracted", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/retract 1 :person/name]]`,
			conflicts: []string{"value 1 person/name [Ada] [A.] []"}, lost: "ada person/name A."},
		{name: "retracted and changed", ours: `[[:db/retract 1 :person/name]]`, theirs: `[[:db/add 1 :person/name "A."]]`,
			conflicts: []string{"value 1 person/name [Ada] [] [A.]"}, withTheirs: "ada person/name A."},
		{name: "both new", ours: `[[:db/add 1 :person/secret 1]]`, theirs: `[[:db/add 1 :person/secret 2]]`,
			conflicts: []string{"value 1 person/secret [] [1] [2]"}, withTheirs: "ada person/secret 2", lost: "ada person/secret 1"},
		{name: "many", ours: `[[:db/add 1 :person/tag "o"] [:db/retract 1 :person/tag "x"]]`, theirs: `[[:db/add 1 :person/tag "t"] [:db/retract 1 :person/tag "y"] [:db/retract 1 :person/tag "x"]]`,
			gains: "ada person/tag t", loses: "ada person/tag y"},
		{name: "new entities with one id", ours: `[{:person/id "dee" :person/name "D"}]`, theirs: `[{:db/id "n" :person/id "eve" :person/name "E" :person/friend "n"} [:db/add 1 :person/boss "n"]]`,
			gains: "ada person/boss eve; eve person/friend eve; eve person/id eve; eve person/name E"},
		{name: "new entities with one identity", ours: `[{:person/id "zoe"} {:person/id "dee" :person/name "D"}]`, theirs: `[{:db/id "d" :person/id "dee" :person/name "D" :person/tag "t"} {:db/id "e" :person/id "eve" :person/friend "d"}]`,
			gains: "dee person/tag t; eve person/friend dee; eve person/id eve"},
		{name: "one identity, two values", ours: `[{:person/id "zoe"} {:person/id "dee" :person/name "D"}]`, theirs: `[{:db/id "d" :person/id "dee" :person/name "Dee"}]`,
			conflicts: []string{"value 7 person/name [] [D] [Dee]"}, withTheirs: "dee person/name Dee", lost: "dee person/name D"},
		{name: "nameless entities with one id", ours: `[{:db/id "a" :person/name "nobody"}]`, theirs: `[{:db/id "a" :person/name "someone" :person/friend "a"}]`,
			gains: "7 person/friend 7; 7 person/name someone"},
		{name: "a unique value twice", ours: `[[:db/add 1 :person/code 9]]`, theirs: `[[:db/add 2 :person/code 9]]`,
			conflicts: []string{"unique 2 person/code [] [9] [9]"}, withTheirs: "ben person/code 9", lost: "ada person/code 9; ben person/code 7"},
		{name: "a unique value twice, unique no more", ours: `[[:db/add 1 :person/code 9]]`, theirs: `[[:db/retract :person/code :db/unique] [:db/add 2 :person/code 9]]`,
			gains: "ben person/code 9", loses: "ben person/code 7"},
		{name: "a unique value twice, unique no more in ours", ours: `[[:db/retract :person/code :db/unique] [:db/add 1 :person/code 9]]`, theirs: `[[:db/add 2 :person/code 9]]`,
			gains: "ben person/code 9", loses: "ben person/code 7"},
		{name: "a unique value handed on", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/retract 2 :person/code 7] [:db/add 1 :person/code 7]]`, gains: "ada person/code 7", loses: "ben person/code 7"},
		{name: "retracted and edited", ours: `[[:db/retractEntity 2]]`, theirs: `[[:db/add 2 :person/name "B."]]`,
			conflicts: []string{"retracted 2  [] [] [B.]"}, withTheirs: "ben person/boss ada; ben person/code 7; ben person/id ben; ben person/name B."},
		{name: "edited and retracted", ours: `[[:db/add 2 :person/name "B."]]`, theirs: `[[:db/retractEntity 2]]`,
			conflicts: []string{"retracted 2  [] [B.] []"}, lost: "ben person/boss ada; ben person/code 7; ben person/id ben; ben person/name B."},
		{name: "retracted and referred to", ours: `[[:db/retractEntity 2]]`, theirs: `[[:db/add 1 :person/friend 2]]`,
			conflicts: []string{"retracted 2  [] [] [2]"}, withTheirs: "ada person/friend ben; ben person/boss ada; ben person/code 7; ben person/id ben; ben person/name Ben"},
		{name: "referred to and retracted", ours: `[[:db/add 1 :person/friend 2]]`, theirs: `[[:db/retractEntity 2]]`,
			conflicts: []string{"retracted 2  [] [2] []"}, lost: "ada person/friend ben; ben person/boss ada; ben person/code 7; ben person/id ben; ben person/name Ben"},
		{name: "both retracted", ours: `[[:db/retractEntity 2]]`, theirs: `[[:db/retractEntity 2] [:db/add 1 :person/tag "t"]]`, gains: "ada person/tag t"},
		{name: "retracted by theirs", ours: `[[:db/add 1 :person/tag "o"]]`, theirs: `[[:db/retractEntity 2]]`, loses: "ben person/boss ada; ben person/code 7; ben person/id ben; ben person/name Ben"},
		{name: "a component of what is kept", ours: `[[:db/add 3 :person/name "Cy"]]`, theirs: `[[:db/retractEntity 3]]`,
			conflicts: []string{"retracted 3  [] [Cy] []"}, lost: "4 person/name part of cy; cy person/id cy; cy person/name Cy; cy shop/part 4"},
		{name: "a component of what comes back", ours: `[[:db/retractEntity 3]]`, theirs: `[[:db/add 3 :person/name "Cy"]]`,
			conflicts: []string{"retracted 3  [] [] [Cy]"}, withTheirs: "4 person/name part of cy; cy person/id cy; cy person/name Cy; cy shop/part 4"},
		{name: "new attributes with one id", ours: `[{:db/ident :a/one :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:db/id 1 :a/one 1}]`,
			theirs: `[{:db/ident :a/two :db/valueType :db.type/string :db/cardinality :db.cardinality/many :db/unique :db.unique/value} {:db/id 1 :a/two ["p" "q"]}]`,
			gains:  "ada a/two p; ada a/two q; attribute :a/two"},
		{name: "one new attribute", ours: `[{:db/ident :b/z :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:db/ident :a/one :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:db/id 1 :a/one 1}]`,
			theirs: `[{:db/ident :a/one :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:db/id 2 :a/one 2}]`, gains: "ben a/one 2"},
		{name: "one new attribute of two types", ours: `[{:db/ident :a/one :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]`,
			theirs:    `[{:db/ident :a/one :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]`,
			conflicts: []string{fmt.Sprintf("value %d db/valueType [] [:db.type/long] [:db.type/string]", firstAttr+9)}},
		{name: "cardinality many and two values", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[{:db/id :person/name :db/cardinality :db.cardinality/many} {:db/id 1 :person/name "Adele"}]`,
			gains: "ada person/name Adele"},
		{name: "cardinality one and two values", ours: `[{:db/id 2 :person/tag "b"} [:db/retract 1 :person/tag "x"] {:db/id :person/tag :db/cardinality :db.cardinality/one}]`, theirs: `[{:db/id 2 :person/tag "c"} {:db/id 1 :person/tag "z"}]`,
			conflicts: []string{"value 1 person/tag [] [y] [z]", "value 2 person/tag [] [b] [c]"}, withTheirs: "ada person/tag z; ben person/tag c", lost: "ada person/tag y; ben person/tag b"},
		{name: "an attribute renamed", ours: `[{:db/id 1 :person/name "A."}]`, theirs: `[{:db/id :person/name :db/ident :person/called} [:db/add 5 :person/tag "t"]]`,
			gains: "4 person/called part of cy; 5 person/called five; 5 person/tag t; ada person/called A.; attribute :person/called; ben person/called Ben",
			loses: "4 person/name part of cy; 5 person/name five; ada person/name A.; attribute :person/name; ben person/name Ben"},
		{name: "a composite tuple", ours: `[{:db/ident :a/pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one :db/tupleAttrs [:person/id :person/code]}]`,
			theirs: `[[:db/add 2 :person/code 8]]`, gains: `ben a/pair ["ben" 8]; ben person/code 8`, loses: `ben person/code 7`},
		{name: "their composite tuple", ours: `[[:db/add 2 :person/name "B."]]`,
			theirs: `[{:db/ident :a/pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one :db/tupleAttrs [:person/id :person/code]} [:db/add 2 :person/id "ben"]]`,
			gains:  `attribute :a/pair; ben a/pair ["ben" 7]`},
		{name: "a large value", ours: `[[:db/add 2 :person/name "B."]]`, theirs: fmt.Sprintf(`[[:db/add 1 :person/tag %q]]`, large), gains: "ada person/tag " + large},
	} {
		t.Run(c.name, func(t *testing.T) {
			prepare := func() (ours, theirs *story) {
				w := startStory(t, Options{})
				w.must(testSchema)
				w.must(part)
				w.must(people)
				w.must(`[{:db/id 5 :person/name "five"}]`)
				theirs = w.fork("side")
				theirs.must(c.theirs)
				w.must(c.ours)
				return w, theirs
			}
			ours, theirs := prepare()
			before := ours.conn.dbNow(t)
			m, err := ours.conn.Merge(t.Context(), theirs.conn.dbNow(t).Commit(), nil, Meta{By: "ada", Msg: "merge"})
			if len(c.conflicts) > 0 {
				var found *ConflictError
				if !errors.As(err, &found) {
					t.Fatalf("merged, error %v", err)
				}
				var got []string
				for _, f := range found.Conflicts {
					got = append(got, told(f))
				}
				if !slices.Equal(got, c.conflicts) {
					t.Errorf("conflicts\n%q, want\n%q", got, c.conflicts)
				}
				if after := ours.conn.dbNow(t); after != before {
					t.Error("something was written")
				}
				for _, take := range []Side{TakeOurs, TakeTheirs} {
					ours, theirs := prepare()
					before := ours.conn.dbNow(t)
					m, err := ours.conn.Merge(t.Context(), theirs.conn.dbNow(t).Commit(), func(Conflict) Choice { return Choice{Take: take} }, Meta{})
					switch {
					case err != nil:
						t.Errorf("side %d: %v", take, err)
					case len(m.Decided) != len(c.conflicts):
						t.Errorf("side %d: decided %v", take, m.Decided)
					case take == TakeOurs:
						checkGain(t, before, m.After, "", "")
					default:
						checkGain(t, before, m.After, c.withTheirs, c.lost)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if p := m.Commit.Parents; len(p) != 2 || p[0] != before.Commit() || p[1] != theirs.conn.dbNow(t).Commit() || m.Commit.T != before.T()+1 || m.Commit.By != "ada" {
				t.Errorf("commit %+v", m.Commit)
			}
			checkGain(t, before, m.After, c.gains, c.loses)
			if again, err := ours.conn.Merge(t.Context(), theirs.conn.dbNow(t).Commit(), nil, Meta{}); err != nil || again.Before != again.After {
				t.Errorf("merged once more: %+v, %v", again, err)
			}
		})
	}
}

// A merge of what is the same, or was there already, makes no commit; a branch without anything of its own moves to the other's commit.
func TestMergeWithoutACommit(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	old := w.conn.dbNow(t)
	w.must(`[{:person/id "ada" :person/name "Ada"}]`)
	head, side := w.conn.dbNow(t), w.fork("side")
	blocks := w.count()
	unmoved := func(name string, c *Conn, theirs DB) {
		t.Helper()
		m, err := c.Merge(t.Context(), theirs.Commit(), nil, Meta{By: "ada", Msg: "merge"})
		if err != nil || m.Forward || m.Before != m.After || m.After.Commit() != head.Commit() || m.Commit.ID.Defined() || c.dbNow(t) != m.After {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	unmoved("with itself", w.conn, head)
	unmoved("with a branch at the same commit", side.conn, head)
	unmoved("with what came before", w.conn, old)
	if n := w.count(); n != blocks {
		t.Errorf("%d blocks, there were %d", n, blocks)
	}

	side.must(`[{:person/id "ben" :person/name "Ben"}]`)
	side.must(`[{:person/id "cy" :person/name "Cy"}]`)
	ahead, blocks := side.conn.dbNow(t), w.count()
	m, err := w.conn.Merge(t.Context(), ahead.Commit(), nil, Meta{By: "ada", Msg: "merge"})
	if err != nil || !m.Forward || m.Before != head || m.After.Commit() != ahead.Commit() || m.Commit.ID != ahead.Commit() {
		t.Errorf("forward: %+v, %v", m, err)
	}
	if at, err := w.store.Ref(t.Context(), heads+"main"); err != nil || at != ahead.Commit() || w.count() != blocks {
		t.Errorf("forward: main is at %s, want %s: %v; %d blocks, there were %d", at, ahead.Commit(), err, w.count(), blocks)
	}
}
