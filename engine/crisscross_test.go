package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// mergeIn merges a commit into the story's branch.
func (w *story) mergeIn(theirs cid.Cid, choose func(Conflict) Choice) (Merge, error) {
	w.tick()
	return w.conn.Merge(w.ctx, theirs, choose, Meta{})
}

func (w *story) mustMerge(theirs cid.Cid) Merge {
	w.t.Helper()
	m, err := w.mergeIn(theirs, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *story) tip() cid.Cid { return w.conn.dbNow(w.t).Commit() }

// forked is a small database with two branches.
func forked(t *testing.T) (ours, theirs *story) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.must(`[{:db/id 1 :person/id "ada" :person/name "Ada" :person/code 7} {:db/id 2 :person/id "ben"}]`)
	return w, w.fork("side")
}

// What a merge gave another id is that entity in the next merge too, and in a revert.
func TestMergeAgainAfterRenumbering(t *testing.T) {
	ours, theirs := forked(t)
	ours.must(`[{:db/id "e" :person/name "Eve"}]`)   // 3
	theirs.must(`[{:db/id "b" :person/name "Bob"}]`) // 3 too, and 4 in ours
	if m := ours.mustMerge(theirs.tip()); len(m.Renumbers) != 1 || m.Renumbers[3] != 4 || !slices.Equal(m.Commit.Renumbered, []Renumbered{{3, 4, 1}}) {
		t.Fatalf("%v, %v", m.Renumbers, m.Commit.Renumbered)
	}
	again, err := ReadCommit(t.Context(), ours.store, ours.tip())
	if err != nil || !slices.Equal(again.Renumbered, []Renumbered{{3, 4, 1}}) {
		t.Fatalf("read back %v, %v", again.Renumbered, err)
	}
	tagged := theirs.must(`[[:db/add 3 :person/tag "of bob"] [:db/add 1 :person/friend 3]]`).Commit.ID
	before := ours.conn.dbNow(t)
	m := ours.mustMerge(theirs.tip())
	checkGain(t, before, m.After, "4 person/tag of bob; ada person/friend 4", "")
	before = m.After
	ours.tick()
	if m, err = ours.conn.Revert(t.Context(), tagged, nil, Meta{}); err != nil {
		t.Fatal(err)
	}
	checkGain(t, before, m.After, "", "4 person/tag of bob; ada person/friend 4")
	theirs.must(`[[:db/retractEntity 3] {:db/id "n" :person/name "New"}]`)
	before = m.After
	m = ours.mustMerge(theirs.tip())
	checkGain(t, before, m.After, "5 person/name New", "4 person/name Bob")
}

// Two branches merge with each other at the same time, and then once more.
func TestCrissCross(t *testing.T) {
	for _, c := range []struct {
		name           string
		ours, theirs   string // before both merge
		ours2, theirs2 string // and after
		gains, loses   string
		conflicts      []string
	}{
		{name: "nothing more", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 2 :person/name "B."]]`},
		{name: "changed once more", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 2 :person/name "B."]]`, ours2: `[[:db/add 1 :person/name "Adele"]]`},
		{name: "taken back by ours", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 2 :person/name "B."]]`, ours2: `[[:db/add 1 :person/name "Ada"] [:db/retract 2 :person/name]]`},
		{name: "taken back by theirs", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 2 :person/name "B."]]`, theirs2: `[[:db/add 1 :person/name "Ada"] [:db/retract 2 :person/name]]`,
			gains: "ada person/name Ada", loses: "ada person/name A.; ben person/name B."},
		{name: "both change it", ours: `[[:db/add 1 :person/name "A."]]`, theirs: `[[:db/add 2 :person/name "B."]]`, ours2: `[[:db/add 1 :person/name "Ann"]]`, theirs2: `[[:db/add 1 :person/name "Ada"]]`,
			conflicts: []string{"value 1 person/name [A.] [Ann] [Ada]"}},
		{name: "many", ours: `[[:db/add 1 :person/tag "x"]]`, theirs: `[[:db/add 1 :person/tag "y"]]`, ours2: `[[:db/retract 1 :person/tag "x"]]`, theirs2: `[[:db/retract 1 :person/tag "y"]]`,
			loses: "ada person/tag y"},
		{name: "nameless entities", ours: `[{:db/id "e" :person/name "Eve"}]`, theirs: `[{:db/id "b" :person/name "Bob"} [:db/add 1 :person/friend "b"]]`,
			theirs2: `[[:db/add 3 :person/tag "of bob"] [:db/add 4 :person/tag "of eve"] [:db/add 3 :person/boss 4]]`, gains: "3 person/tag of eve; 4 person/boss 3; 4 person/tag of bob"},
		{name: "new attributes", ours: `[{:db/ident :a/one :db/valueType :db.type/long} {:db/id 1 :a/one 1}]`, theirs: `[{:db/ident :a/two :db/valueType :db.type/string} {:db/id 1 :a/two "2"}]`,
			theirs2: `[{:db/id 1 :a/two "3" :a/one 5}]`, gains: "ada a/one 5; ada a/two 3", loses: "ada a/one 1; ada a/two 2"},
		{name: "an entity that is gone", ours: `[[:db/retractEntity 2]]`, theirs: `[[:db/add 1 :person/tag "x"]]`, theirs2: `[{:db/id 2 :person/id "ben"}]`, gains: "ben person/id ben"},
		{name: "a unique value", ours: `[[:db/retract 1 :person/code 7]]`, theirs: `[[:db/add 1 :person/tag "x"]]`, theirs2: `[[:db/add 2 :person/code 7]]`, gains: "ben person/code 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := forked(t)
			ours.must(c.ours)
			theirs.must(c.theirs)
			first, second := ours.tip(), theirs.tip()
			ours.mustMerge(second)
			theirs.clock = ours.clock
			theirs.mustMerge(first)
			if c.ours2 != "" {
				ours.must(c.ours2)
			}
			if c.theirs2 != "" {
				theirs.must(c.theirs2)
			}
			before := ours.conn.dbNow(t)
			m, err := ours.mergeIn(theirs.tip(), nil)
			checkConflicts(t, err, c.conflicts)
			if err == nil {
				checkGain(t, before, m.After, c.gains, c.loses)
			}
		})
	}
}

// A number that ours refers to, and of which nothing is said, was that of something that came and went in theirs.
func TestCrissCrossOfARefToNothing(t *testing.T) {
	ours, theirs := forked(t)
	ours.must(`[[:db/add 1 :person/boss 9]]`)
	theirs.must(`[{:db/id 9 :person/name "came"}]`)
	theirs.must(`[[:db/retractEntity 9]]`)
	first, second := ours.tip(), theirs.tip()
	ours.mustMerge(second)
	theirs.clock = ours.clock
	theirs.mustMerge(first)
	before := ours.conn.dbNow(t)
	checkGain(t, before, ours.mustMerge(theirs.tip()).After, "", "")
	theirs.must(`[[:db/add 2 :person/tag "t"]]`)
	checkGain(t, before, ours.mustMerge(theirs.tip()).After, "ben person/tag t", "")
}

// A number that both sides refer to, of which nothing is said: in one of them it was an entity for a time, and so in whichever direction they merge the two are told apart.
func TestCrissCrossOfWhatCameAndWent(t *testing.T) {
	ours, theirs := forked(t)
	ours.must(`[{:title "ours" :person/friend 9}]`)
	theirs.must(`[{:db/id 9 :person/name "came"}]`)
	theirs.must(`[[:db/retract 9 :person/name] {:person/id "cy" :person/friend 9}]`)
	first, second := ours.tip(), theirs.tip()
	m1 := ours.mustMerge(second)
	theirs.clock = ours.clock
	m2 := theirs.mustMerge(first)
	if m1.Renumbers[9] == 0 || m2.Renumbers[9] == 0 {
		t.Errorf("the number is one entity when it is merged: %v, %v", m1.Renumbers, m2.Renumbers)
	}
	before := ours.conn.dbNow(t)
	checkGain(t, before, ours.mustMerge(theirs.tip()).After, "", "")
	theirs.must(`[[:db/add 2 :person/tag "t"]]`)
	checkGain(t, before, ours.mustMerge(theirs.tip()).After, "ben person/tag t", "")
}

// What both come from is not unique where one of the commits in common has made it so no longer: two entities with one value are no conflict.
func TestCrissCrossOfNoLongerUnique(t *testing.T) {
	ours, theirs := forked(t)
	ours.must(`[{:db/id 3 :person/code 8}]`)
	ours.must(`[[:db/retract :person/code :db/unique]]`)
	ours.must(`[{:db/id 4 :person/code 8}]`)
	for range 4 {
		theirs.must(`[{:title "theirs"}]`) // the newer
	}
	first, second := ours.tip(), theirs.tip()
	ours.mustMerge(second)
	theirs.clock = ours.clock
	m := theirs.mustMerge(first)
	gone := ID(3)
	if to, ok := m.Renumbers[3]; ok {
		gone = to
	}
	theirs.must(fmt.Sprintf(`[[:db/retractEntity %d]]`, gone))
	before := ours.conn.dbNow(t)
	checkGain(t, before, ours.mustMerge(theirs.tip()).After, "", "3 person/code 8")
}

// checkConflicts compares what a merge refuses with what it should.
func checkConflicts(t *testing.T, err error, want []string) {
	t.Helper()
	var found *ConflictError
	var got []string
	if errors.As(err, &found) {
		for _, f := range found.Conflicts {
			got = append(got, told(f))
		}
	} else if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("conflicts %q, want %q", got, want)
	}
}

// A conflict that both branches settled otherwise is one again, whichever of the values they took, and none where they settled it alike.
func TestCrissCrossOfConflicts(t *testing.T) {
	take := func(text string) func(Conflict) Choice {
		switch text {
		case "ours":
			return func(Conflict) Choice { return Choice{Take: TakeOurs} }
		case "theirs":
			return func(Conflict) Choice { return Choice{Take: TakeTheirs} }
		case "nothing":
			return func(Conflict) Choice { return Choice{Take: TakeValues} }
		}
		return func(Conflict) Choice { return Choice{Take: TakeValues, Values: []Value{String(text)}} }
	}
	for _, c := range []struct{ ours, theirs, conflict string }{
		{"ours", "ours", "value 1 person/name [Ada] [A.] [B.]"},
		{"theirs", "theirs", "value 1 person/name [Ada] [B.] [A.]"},
		{"ours", "theirs", ""},
		{"theirs", "ours", ""},
		{"Ada", "ours", "value 1 person/name [Ada] [Ada] [B.]"},
		{"ours", "Ada", "value 1 person/name [] [A.] [Ada]"},
		{"Ada", "Ada", ""},
		{"nothing", "ours", "value 1 person/name [Ada] [] [B.]"},
		{"ours", "nothing", "value 1 person/name [Ada] [A.] []"},
		{"nothing", "nothing", ""},
	} {
		ours, theirs := forked(t)
		ours.must(`[[:db/add 1 :person/name "A."]]`)
		theirs.must(`[[:db/add 1 :person/name "B."]]`)
		first, second := ours.tip(), theirs.tip()
		if _, err := ours.mergeIn(second, take(c.ours)); err != nil {
			t.Fatal(err)
		}
		theirs.clock = ours.clock
		if _, err := theirs.mergeIn(first, take(c.theirs)); err != nil {
			t.Fatal(err)
		}
		_, err := ours.mergeIn(theirs.tip(), nil)
		t.Run(strings.Join([]string{c.ours, c.theirs}, "-"), func(t *testing.T) {
			if c.conflict == "" {
				checkConflicts(t, err, nil)
			} else {
				checkConflicts(t, err, []string{c.conflict})
			}
		})
	}
}

// refersToNothing tells whether a ref leads to an entity of which nothing is said.
func refersToNothing(t *rapid.T, db DB) bool {
	for d, err := range db.Match(t.Context(), Pattern{}) {
		if err != nil {
			t.Fatal(err)
		}
		if d.V.Kind() != RefKind || !isUsers(d.V.Ref()) {
			continue
		}
		if there, err := hasDatoms(t.Context(), db, d.V.Ref()); err != nil || !there {
			return true
		}
	}
	return false
}

// Random branches that merged with each other at the same time have the same facts: merging them once more changes nothing, and brings what
// only one of them did since. So it is with refs to nothing too, by numbers that either side may give to something else.
func TestCrissCrossOfRandomBranches(t *testing.T) {
	var crossed, toNothing atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := randomBranches(t)
		for _, w := range []*story{ours, theirs} {
			for range rapid.IntRange(1, 3).Draw(t, "changes") {
				w.change()
			}
		}
		first, second := ours.tip(), theirs.tip()
		one, two := ours.conn.dbNow(t), theirs.conn.dbNow(t)
		m1, err := ours.mergeIn(second, nil)
		theirs.clock = ours.clock
		m2, other := theirs.mergeIn(first, nil)
		if err != nil || other != nil {
			return
		}
		for range rapid.IntRange(0, 2).Draw(t, "later changes") {
			theirs.change()
		}
		before, there := ours.conn.dbNow(t), theirs.conn.dbNow(t)
		m, err := ours.mergeIn(there.Commit(), nil)
		if refersToNothing(t, one) || refersToNothing(t, two) {
			toNothing.Add(1)
		}
		var conflict *ConflictError
		switch {
		case errors.As(err, &conflict):
			t.Fatalf("asked about %.300s", told(conflict.Conflicts[0]))
		case err != nil:
			t.Fatalf("%v", err)
		}
		got, want := tableOf(t, ours, m.After, nil), tableOf(t, ours, there, m.Renumbers)
		if maps.EqualFunc(got, want, sameValues) {
			crossed.Add(1)
			return
		}
		all := maps.Clone(want)
		maps.Copy(all, got)
		for s := range all {
			if !sameValues(got[s], want[s]) {
				t.Logf("entity %d attribute %d: base %v and %v, ours %v, theirs %v, merged %v, want %v", s.e, s.a, inShort(tableOf(t, ours, one, nil)[s]), inShort(tableOf(t, ours, two, nil)[s]),
					inShort(tableOf(t, ours, before, nil)[s]), inShort(tableOf(t, ours, there, nil)[s]), inShort(got[s]), inShort(want[s]))
			}
		}
		t.Fatalf("the merge is not what theirs has; the merges before gave %v and %v anew, this one %v", m1.Commit.Renumbered, m2.Commit.Renumbered, m.Renumbers)
	})
	t.Logf("%d are right, %d have refs to nothing", crossed.Load(), toNothing.Load())
	if crossed.Load() < 10 || toNothing.Load() == 0 {
		t.Error("too few of a kind to mean anything")
	}
}
