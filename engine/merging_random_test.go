package engine

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// A merge without conflicts has, in every slot, what the side has that changed it, and in slots of many values what neither took.
func TestMergeOfRandomBranches(t *testing.T) {
	var clean, conflicts, refused atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := randomBranches(t)
		base := theirs.conn.dbNow(t)
		for range rapid.IntRange(1, 4).Draw(t, "ours") {
			ours.change()
		}
		for range rapid.IntRange(1, 4).Draw(t, "theirs") {
			theirs.change()
		}
		before, other := ours.conn.dbNow(t), theirs.conn.dbNow(t)
		if before.Commit() == base.Commit() || other.Commit() == base.Commit() {
			t.Skip("all that one side did was refused")
		}
		m, err := ours.conn.Merge(ours.ctx, other.Commit(), nil, Meta{})
		var conflict *ConflictError
		var rejected *TxError
		switch {
		case errors.As(err, &conflict):
			conflicts.Add(1)
			decideAll(t, ours, other)
			return
		case errors.As(err, &rejected):
			refused.Add(1)
			return
		case err != nil:
			t.Fatalf("%v", err)
		}
		clean.Add(1)
		checkMerged(t, base, before, other, m)
		if again, err := Open(ours.ctx, ours.store, m.After.Commit()); err != nil || again.Root() != m.After.Root() {
			t.Fatalf("opened again: %v", err)
		}
		if again, err := ours.conn.Merge(ours.ctx, other.Commit(), nil, Meta{}); err != nil || again.After != again.Before {
			t.Fatalf("merged again: %v", err)
		}
		forward, err := theirs.conn.Merge(ours.ctx, m.After.Commit(), nil, Meta{})
		if err != nil || !forward.Forward || forward.After.Commit() != m.After.Commit() {
			t.Fatalf("the other way: %+v, %v", forward, err)
		}
	})
	t.Logf("%d merged, %d with conflicts, %d refused", clean.Load(), conflicts.Load(), refused.Load())
	if clean.Load() < 10 || conflicts.Load() < 10 {
		t.Error("too few of a kind to mean anything")
	}
}

// randomBranches are two branches of a random database.
func randomBranches(t *rapid.T) (ours, theirs *story) {
	ours = newStory(t)
	for range rapid.IntRange(0, 5).Draw(t, "base") {
		ours.change()
	}
	return ours, ours.fork("side")
}

// decideAll merges once more with each side in turn. Only a rule of the schema may speak against it.
func decideAll(t *rapid.T, ours *story, other DB) {
	for _, take := range []Side{TakeTheirs, TakeOurs} {
		m, err := ours.conn.TryMerge(ours.ctx, other.Commit(), func(Conflict) Choice { return Choice{Take: take} })
		var rejected *TxError
		if err != nil && !errors.As(err, &rejected) {
			t.Fatalf("side %d: %v", take, err)
		}
		if err == nil && len(m.Decided) == 0 {
			t.Fatalf("side %d: nothing was decided", take)
		}
	}
}

// tableOf is what a database has in each slot.
func tableOf(t fataler, w *story, db DB, names map[ID]ID) map[slot][]Value {
	name := &threeWay{ids: names}
	all := map[slot][]Value{}
	for d, err := range db.Match(w.ctx, Pattern{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, isTx := TxOf(d.E); !isTx {
			s := slot{name.id(d.E), name.id(d.A)}
			all[s] = append(all[s], name.value(d.V))
		}
	}
	return all
}

func checkMerged(t *rapid.T, base, ours, theirs DB, m Merge) {
	w := &story{ctx: t.Context()}
	b, o, th, got := tableOf(t, w, base, nil), tableOf(t, w, ours, nil), tableOf(t, w, theirs, m.Renumbers), tableOf(t, w, m.After, nil)
	slots := map[slot]bool{}
	for _, table := range []map[slot][]Value{b, o, th, got} {
		for s := range table {
			slots[s] = true
		}
	}
	for s := range slots {
		a, ok := m.After.Schema().ByID(s.a)
		if !ok {
			t.Fatalf("attribute %d is gone", s.a)
		}
		if want := mergedSlot(t, b[s], o[s], th[s], a.Many); !sameValues(got[s], want) {
			t.Fatalf("entity %d :%s: base %v, ours %v, theirs %v, merged %v, want %v", s.e, a.Ident, inShort(b[s]), inShort(o[s]), inShort(th[s]), inShort(got[s]), inShort(want))
		}
	}
}

// mergedSlot is what a slot has to have.
func mergedSlot(t *rapid.T, base, ours, theirs []Value, many bool) []Value {
	switch {
	case sameValues(theirs, base) || sameValues(ours, theirs):
		return ours
	case sameValues(ours, base):
		return theirs
	case !many:
		t.Fatalf("a conflict went unnoticed: base %v, ours %v, theirs %v", inShort(base), inShort(ours), inShort(theirs))
	}
	var want []Value
	for _, v := range ours {
		if !slices.Contains(base, v) || slices.Contains(theirs, v) {
			want = append(want, v)
		}
	}
	for _, v := range theirs {
		if !slices.Contains(base, v) && !slices.Contains(want, v) {
			want = append(want, v)
		}
	}
	return want
}

func inShort(values []Value) string {
	text := ""
	for _, v := range values {
		text += fmt.Sprintf(" %.12s", Text(v))
	}
	return "[" + text + " ]"
}
