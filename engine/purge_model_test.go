package engine

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// purging tells whether a purge removes a datom; past says that the datom is over.
type purging func(d Datom, past bool) bool

// modelPurge is a random purge, and what it has to remove. It names entities by number, so that the model need not find them.
func (w *story) modelPurge() (string, purging) {
	t := w.rapid
	e := ID(rapid.IntRange(1, 8).Draw(t, "purged"))
	schema := w.conn.dbNow(t).Schema()
	switch rapid.IntRange(0, 3).Draw(t, "purge what") {
	case 0:
		text := w.text("purged tag")
		v, _, _ := outline(String(text))
		a, ok := schema.ByIdent("person/tag")
		if !ok {
			a, _ = schema.ByIdent("person/label")
		}
		return fmt.Sprintf("[:db/purge %d :%s %q]", e, a.Ident, text), func(d Datom, _ bool) bool {
			return d.E == e && d.A == a.ID && d.V == v
		}
	case 1:
		a := rapid.SampledFrom(slices.Collect(schema.Attributes())).Draw(t, "purged attribute")
		return fmt.Sprintf("[:db.purge/attribute %d :%s]", e, a.Ident), func(d Datom, _ bool) bool { return d.E == e && d.A == a.ID }
	case 2:
		return fmt.Sprintf("[:db.purge/entity %d]", e), func(d Datom, _ bool) bool { return d.E == e || d.V == Ref(e) }
	}
	from := uint64(rapid.IntRange(0, len(w.steps)).Draw(t, "purged before")) // every transaction takes a second, refused ones too
	at := w.clock.Add(time.Millisecond)
	if int(from) < len(w.steps) {
		at = w.steps[from].at
		from = w.steps[from].t
	} else {
		from = uint64(len(w.roots))
	}
	return fmt.Sprintf("[:db.history.purge/before #inst %q]", at.UTC().Format(time.RFC3339Nano)), func(d Datom, past bool) bool { return past && d.T < from && !isAttr(d.E) }
}

// checkEntities compares the log and the blame of every entity with the model.
func (w *story) checkEntities(db DB) {
	now, was := w.model(db.T())
	all := map[ID][]Datom{}
	for f, t := range now {
		all[f.e] = append(all[f.e], Datom{f.e, f.a, w.whole(db, f.v), t, true})
	}
	blamed := map[Datom]bool{}
	for e := range all {
		got, err := Blame(w.ctx, db, e)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(got) != len(all[e]) {
			w.t.Fatalf("entity %d as of %d has %d values, and %d are blamed on somebody", e, db.T(), len(all[e]), len(got))
		}
		for _, b := range got {
			if b.Commit.ID != w.roots[b.T].Commit() {
				w.t.Fatalf("as of %d: %v is blamed on the commit of %d", db.T(), b.Datom, b.Commit.T)
			}
			blamed[b.Datom] = true
		}
		for _, d := range all[e] {
			if !blamed[d] {
				w.t.Fatalf("as of %d nobody is blamed for %v: %v", db.T(), d, got)
			}
		}
	}
	for _, d := range was {
		d.V = w.whole(db, d.V)
		all[d.E] = append(all[d.E], d)
	}
	for e, want := range all {
		w.checkEntityLog(db, e, want)
	}
}

// checkEntityLog checks that the log of an entity has what it should, in order.
func (w *story) checkEntityLog(db DB, e ID, want []Datom) {
	got, err := EntityLog(w.ctx, db, e)
	if err != nil {
		w.t.Fatal(err)
	}
	have := map[Datom]bool{}
	for i, d := range got {
		if i > 0 && d.T < got[i-1].T || i > 0 && d.T == got[i-1].T && d.A == got[i-1].A && got[i-1].Added && !d.Added {
			w.t.Fatalf("the log of %d as of %d is out of order: %v", e, db.T(), got)
		}
		have[d] = true
	}
	for _, d := range want {
		if !have[d] {
			w.t.Fatalf("the log of %d as of %d does not have %v: %v", e, db.T(), d, got)
		}
	}
	if len(got) != len(want) || len(have) != len(got) {
		w.t.Fatalf("the log of %d as of %d has %d changes, want %d", e, db.T(), len(got), len(want))
	}
}
