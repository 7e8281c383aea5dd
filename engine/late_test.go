package engine

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"pgregory.net/rapid"
)

// TestPutOff opens a random commit from a random older one without making its trees: all views of it are what the model has, and what is made later is what was written.
func TestPutOff(t *testing.T) {
	runPurgedStories(t, 12, func(w *story) {
		to := rapid.IntRange(1, len(w.roots)-1).Draw(w.rapid, "to")
		from := rapid.IntRange(0, to-1).Draw(w.rapid, "from")
		for i := from + 1; i <= to; i++ {
			if w.roots[i].s.commit.Purged > 0 {
				from = i
			}
		}
		if from == to {
			return
		}
		want := w.roots[to]
		s, err := w.roots[from].s.putOff(want.s.commit, w.steps[from:to])
		if err != nil {
			w.t.Fatal(err)
		}
		db := DB{s: s}
		if db.T() != want.T() || !db.At().Equal(want.At()) || s.next != want.s.next || db.Commit() != want.Commit() {
			w.t.Fatalf("put off, t%d is another value", want.T())
		}
		w.checkDatoms(db)
		for _, a := range want.s.trees.attrs {
			now, ok := s.trees.attr(a.id)
			if !ok || now.aevt.now.n != a.aevt.now.n || now.avet.now.n != a.avet.now.n || now.aevt.was.n != a.aevt.was.n || now.avet.was.n != a.avet.was.n {
				w.t.Fatalf("attribute %d has another number of datoms", a.id)
			}
		}
		if len(s.trees.attrs) != len(want.s.trees.attrs) {
			w.t.Fatalf("%d attributes have datoms, not %d", len(s.trees.attrs), len(want.s.trees.attrs))
		}
		for d, err := range Diff(w.ctx, want, db) {
			w.t.Fatalf("differs by %v, %v", d, err)
		}
		w.checkPutOffDiffs(db, rapid.IntRange(from, len(w.roots)-1).Draw(w.rapid, "other"))
		w.checkPutOffNames(db, want)
		if s.late.made.Load() != nil {
			w.t.Fatalf("all trees were made")
		}
		w.checkPutOffLists(db, want)
		w.checkEntities(db)
		made, err := s.settled(w.ctx)
		if err != nil || made.root() != want.Root() {
			w.t.Fatalf("the trees made of it: %v", err)
		}
		text := `[{:db/id "new" :person/name "new"}]`
		r, err := db.With(w.ctx, forms(w.t, text), w.clock)
		same, err2 := want.With(w.ctx, forms(w.t, text), w.clock)
		if err != nil || err2 != nil || r.After.Root() != same.After.Root() {
			w.t.Fatalf("a transaction on it: %v, %v", err, err2)
		}
		for d, err := range Diff(w.ctx, want, db) {
			w.t.Fatalf("differs by %v, %v", d, err)
		}
	})
}

// checkPutOffDiffs compares db with another commit, both ways and as it is and put off, and expects what the trees differ by.
func (w *story) checkPutOffDiffs(db DB, at int) {
	w.t.Helper()
	same := w.roots[db.T()]
	others := []DB{w.roots[at]}
	for from := at - 1; from >= max(0, at-3) && w.roots[from+1].s.commit.Purged == 0; from-- {
		s, err := w.roots[from].s.putOff(w.roots[at].s.commit, w.steps[from:at])
		if err != nil {
			w.t.Fatal(err)
		}
		others = append(others, DB{s: s})
	}
	for i, other := range others {
		for _, pair := range [][4]DB{{db, other, same, others[0]}, {other, db, others[0], same}} {
			got, want := collectAll(w, Diff(w.ctx, pair[0], pair[1])), collectAll(w, Diff(w.ctx, pair[2], pair[3]))
			if !slices.Equal(got, want) {
				w.t.Fatalf("t%d and t%d (%d): %v instead of %v", pair[0].T(), pair[1].T(), i, got, want)
			}
		}
	}
}

// checkPutOffNames looks up all names that there are, or were, in any value of the story.
func (w *story) checkPutOffNames(db, want DB) {
	w.t.Helper()
	homes := map[Home]bool{{"person", "nobody"}: true, {"nothing", "1"}: true, {noKind, "title=nothing"}: true, {noKind, "x"}: true}
	for id := range want.s.next + 2 {
		homes[idHome(id)] = true
	}
	for _, old := range w.roots {
		kinds, err := old.Kinds(w.ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, k := range kinds {
			for n, err := range old.Names(w.ctx, k.Kind, "") {
				if err != nil {
					w.t.Fatal(err)
				}
				homes[n.Home] = true
			}
		}
	}
	for h := range homes {
		got, ok, err := db.Lookup(w.ctx, h)
		same, there, err2 := want.Lookup(w.ctx, h)
		if err != nil || err2 != nil || got != same || ok != there {
			w.t.Fatalf("%s is %+v (%t) instead of %+v (%t): %v, %v", h, got, ok, same, there, err, err2)
		}
	}
}

// checkPutOffLists compares all that tells about kinds and names with those of the trees that were made.
func (w *story) checkPutOffLists(db, want DB) {
	w.t.Helper()
	kinds, err := db.Kinds(w.ctx)
	same, err2 := want.Kinds(w.ctx)
	if err != nil || err2 != nil || len(kinds) != len(same) {
		w.t.Fatalf("the kinds are %v instead of %v: %v, %v", kinds, same, err, err2)
	}
	late, err := db.s.late.names(w.ctx, db.s)
	if err != nil || late == nil && db.s.schema == db.s.late.from.schema {
		w.t.Fatalf("its names: %v, %v", late, err)
	}
	for i, k := range kinds {
		if late != nil && len(late.kinds[i].edits) > 0 {
			k.Digest = same[i].Digest
		}
		if k != same[i] {
			w.t.Fatalf("kind %+v instead of %+v", k, same[i])
		}
		names := slices.Collect(firsts(w, want.Names(w.ctx, k.Kind, "")))
		listed := func(seq iter.Seq2[Name, error]) (all []Name) {
			for n := range firsts(w, seq) {
				if late != nil {
					_, touched := late.touched[n.ID]
					if touched != (n.Newest == 0 && n.Digest == 0) {
						w.t.Fatalf("%+v is touched: %t", n, touched)
					}
				}
				if n.Newest == 0 {
					full, ok, err := db.Lookup(w.ctx, n.Home)
					if !ok || err != nil || full.ID != n.ID {
						w.t.Fatalf("%+v is %+v, %v", n, full, err)
					}
					n = full
				}
				all = append(all, n)
			}
			return all
		}
		if got := listed(db.Names(w.ctx, k.Kind, "")); !slices.Equal(got, names) {
			w.t.Fatalf("kind %s has the names %v instead of %v", k.Kind, got, names)
		}
		from, cut := len(names)/3, 1
		if w.rapid != nil {
			from, cut = rapid.IntRange(0, len(names)-1).Draw(w.rapid, "from"), rapid.IntRange(0, 8).Draw(w.rapid, "cut")
		}
		if got := listed(db.NamesAt(w.ctx, k.Kind, uint64(from))); !slices.Equal(got, names[from:]) {
			w.t.Fatalf("kind %s has the names %v from %d on, instead of %v", k.Kind, got, from, names[from:])
		}
		at := names[from].Home.Name
		prefix := at[:min(cut, len(at))]
		r, err := db.NamesWith(w.ctx, k.Kind, prefix)
		all, err2 := want.NamesWith(w.ctx, k.Kind, prefix)
		if late != nil && len(late.kinds[i].within(prefix)) > 0 {
			r.Digest = all.Digest
		}
		if err != nil || err2 != nil || r != all {
			w.t.Fatalf("names of %s with %q: %+v instead of %+v: %v, %v", k.Kind, prefix, r, all, err, err2)
		}
		lo, end, err := db.NameRank(w.ctx, k.Kind, prefix)
		if err != nil || lo != all.From || end != all.From+all.Count {
			w.t.Fatalf("names of %s with %q are those from %d to %d, not %+v: %v", k.Kind, prefix, lo, end, all, err)
		}
	}
}

// thinned is a story of which all but the first and the newest snapshots are gone, and a commit that lies far behind.
func thinned(t *testing.T) (*story, DB) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(500)
	w.tidy()
	return w, w.roots[301]
}

// TestOldCommitReadsLittle opens a commit far behind its snapshot and looks up an entity: no trees are made for that.
func TestOldCommitReadsLittle(t *testing.T) {
	w, old := thinned(t)
	db, err := w.fresh(old.Commit())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := db.Schema().ByIdent("person/id")
	e, ok, err := db.Entid(w.ctx, id.ID, String("p7"))
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	got := collectAll(w, db.Match(w.ctx, Pattern{E: Some(e)}))
	if want := collectAll(w, old.Match(w.ctx, Pattern{E: Some(e)})); !slices.Equal(got, want) {
		t.Errorf("%v instead of %v", got, want)
	}
	if db.s.late == nil || db.s.late.made.Load() != nil {
		t.Error("all trees were made")
	}
	as, err := w.conn.dbNow(t).AsOf(w.ctx, old.T())
	if err != nil || as.s.late == nil || as.Root() != old.Root() {
		t.Errorf("as of: %v", err)
	}
}

// TestPutOffPlaces keeps what was computed from trees that nobody has made apart from what belongs to the roots that the commit claims.
func TestPutOffPlaces(t *testing.T) {
	w, old := thinned(t)
	db, err := w.conn.Open(w.ctx, old.Commit())
	if err != nil {
		t.Fatal(err)
	}
	name, _ := db.Schema().ByIdent("person/name")
	seen := map[string]bool{}
	for _, p := range []Derived{
		old.Of(name.ID, AEVT, nil), old.Of(name.ID, AVET, nil), old.OfAll(nil), old.History().Of(name.ID, AEVT, nil),
		db.Of(name.ID, AEVT, nil), db.Of(name.ID, AVET, nil), db.OfAll(nil), db.History().Of(name.ID, AEVT, nil),
	} {
		key := string(p.AppendKey(nil))
		if seen[key] {
			t.Errorf("two places with the key %x", key)
		}
		seen[key] = true
	}
	if db.s.late.made.Load() != nil {
		t.Error("all trees were made")
	}
}

// forged stores a commit like that of db, with another root or other datoms.
func (w *story) forged(db DB, root DB, change func([]Datom) []Datom) Commit {
	c := db.s.commit
	tx, err := ReadTx(w.ctx, w.store, c)
	if err != nil {
		w.t.Fatal(err)
	}
	blocks := txBlocks(c.T, change(tx.Datoms))
	c.Tx, c.Root = blocks[len(blocks)-1].CID(), root.Root()
	c.Added, c.Retracted = tally(change(tx.Datoms))
	b := c.block()
	if err := w.store.Put(w.ctx, append(blocks, b)); err != nil {
		w.t.Fatal(err)
	}
	c.ID = b.CID()
	return c
}

// A commit far behind its snapshot that its transactions do not lead to is found by Check, and by whoever needs its trees; wrong transactions by who reads what they concern.
func TestPutOffIsWrong(t *testing.T) {
	w, old := thinned(t)
	isCorrupt := func(what string, err error) {
		t.Helper()
		var corrupt *cas.CorruptError
		if !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
	all := func(db DB) (err error) {
		for _, err = range db.Match(w.ctx, Pattern{}) {
			if err != nil {
				break
			}
		}
		return err
	}
	same := func(d []Datom) []Datom { return d }
	db, err := w.fresh(w.forged(old, w.roots[300], same).ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := all(db); err != nil {
		t.Errorf("its transactions are right: %v", err)
	}
	_, err = Check(w.ctx, w.store, db.Commit())
	isCorrupt("check", err)
	if err := all(db.History()); err != nil {
		t.Errorf("its history is right: %v", err)
	}
	n, ok, err := db.Lookup(w.ctx, Home{"person", "p1"})
	if same, there, err2 := old.Lookup(w.ctx, Home{"person", "p1"}); err != nil || err2 != nil || !ok || !there || n != same {
		t.Errorf("its name is right: %v, %v, %v, %v", n, same, err, err2)
	}
	w.checkPutOffLists(db, old)
	_, err = db.With(w.ctx, forms(t, `[]`), w.clock)
	isCorrupt("transaction", err)
	for d, err := range Diff(w.ctx, old, db) {
		t.Errorf("its datoms are right: %v, %v", d, err)
	}

	id, _ := old.Schema().ByIdent("person/id")
	e, _, _ := old.Entid(w.ctx, id.ID, String("p7"))
	for _, wrong := range []Datom{
		{E: e, A: id.ID, V: String("p7"), T: old.T(), Added: true},
		{E: e, A: id.ID, V: String("p8"), T: old.T()}, // it has p7
	} {
		c := w.forged(old, old, func(d []Datom) []Datom {
			d = append(slices.Clone(d), wrong)
			slices.SortFunc(d, func(a, b Datom) int { return compareDatoms(&a, &b) })
			return d
		})
		db, err := w.fresh(c.ID)
		if err == nil { // else the tail tells by itself that it is added twice
			err = all(db)
		}
		isCorrupt(fmt.Sprint("open, with ", wrong), err)

		tx, err := ReadTx(w.ctx, w.store, c)
		if err != nil {
			t.Fatal(err)
		}
		steps := slices.Clone(w.steps[100:301])
		steps[200].datoms = tx.Datoms
		for i := range 200 { // nothing about the entity
			steps[i].datoms = slices.DeleteFunc(slices.Clone(steps[i].datoms), func(d Datom) bool { return d.E == e })
		}
		s, err := w.roots[100].s.putOff(c, steps)
		if err != nil {
			t.Fatal(err)
		}
		db = DB{s: s}
		isCorrupt(fmt.Sprint("all datoms, with ", wrong), all(db))
		for _, err = range db.Match(w.ctx, Pattern{E: Some(e)}) {
			if err != nil {
				break
			}
		}
		isCorrupt(fmt.Sprint("the entity, with ", wrong), err)
		if !wrong.Added {
			isCorrupt(fmt.Sprint("history, with ", wrong), all(db.History()))
		}
		_, err = s.settled(w.ctx)
		isCorrupt("settled", err)
	}
}
