package engine

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// fact is a datom without its t.
type fact struct {
	e, a ID
	v    Value
}

// model is what the datoms so far amount to.
func (w *story) model(until uint64) (now map[fact]uint64, was []Datom) {
	now = map[fact]uint64{}
	schema := w.first.schema
	for _, st := range w.steps {
		if st.t > until {
			break
		}
		for _, gone := range w.purges[st.t] {
			maps.DeleteFunc(now, func(f fact, t uint64) bool { return gone(Datom{f.e, f.a, f.v, t, true}, false) })
			was = slices.DeleteFunc(was, func(d Datom) bool { return gone(d, true) })
		}
		schema, _ = schema.apply(st.datoms)
		for _, d := range st.datoms {
			f := fact{d.E, d.A, d.V}
			if d.Added {
				now[f] = d.T
				continue
			}
			since := now[f]
			delete(now, f)
			if a, _ := schema.ByID(d.A); !w.first.opts.NoHistory && !a.NoHistory {
				was = append(was, Datom{d.E, d.A, d.V, since, true}, d)
			}
		}
	}
	return now, was
}

// rebuilt is the state made at once of nothing but the datoms there are.
func (w *story) rebuilt(now map[fact]uint64, was []Datom) *state {
	var f folded
	var current []Datom
	for x, t := range now {
		current = append(current, Datom{x.e, x.a, x.v, t, true})
	}
	byKey := func(a, b Datom) int { return compareDatoms(&a, &b) }
	slices.SortFunc(current, byKey)
	f.now = append(f.now, current...)
	f.was = slices.Clone(was)
	l := datomLayout{order: EAVT, history: true}
	slices.SortFunc(f.was, func(a, b Datom) int {
		return slices.Compare(l.appendKey(nil, a), l.appendKey(nil, b))
	})
	schema, err := w.first.schema.apply(current)
	if err != nil {
		w.t.Fatal(err)
	}
	next := w.first.edited()
	next.schema, next.ids = schema, identitiesOf(schema)
	if err := next.editDatoms(w.ctx, f, nil); err != nil {
		w.t.Fatal(err)
	}
	if err := next.editNames(w.ctx, w.first, f); err != nil {
		w.t.Fatal(err)
	}
	return next
}

func TestSnapshotDependsOnTheDatomsOnly(t *testing.T) {
	runPurgedStories(t, 12, func(w *story) {
		for i, db := range w.roots {
			now, was := w.model(db.T())
			again := w.rebuilt(now, was)
			if again.root() == db.Root() {
				continue
			}
			for _, k := range again.trees.names {
				for n, err := range (nameList{kind: k.kind}).all(k.tree.Scan(w.ctx, nil, nil)) {
					w.t.Logf("rebuilt %v %v", n, err)
				}
			}
			for _, k := range db.s.trees.names {
				for n, err := range (nameList{kind: k.kind}).all(k.tree.Scan(w.ctx, nil, nil)) {
					w.t.Logf("edited %v %v", n, err)
				}
			}
			w.t.Fatalf("after transaction %d the snapshot differs from the one made of its datoms", i)
		}
	})
}

// What shows where a vanished entity lives must follow the schema too.
func TestSchemaChangesReachEntitiesThatAreGone(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.must(`[{:db/id 1 :person/id "ada"} {:db/id 2 :title "friend" :person/friend 1}]`)
	w.must(`[[:db/retract 1 :person/id]]`)
	w.must(`[{:db/id :person/id :db/unique :db.unique/value}]`)
	w.must(`[{:db/id :person/id :db/unique :db.unique/identity}]`)
	for _, db := range w.roots {
		if w.rebuilt(w.model(db.T())).root() != db.Root() {
			t.Errorf("after transaction %d the snapshot differs from the one made of its datoms", db.T())
		}
	}
}

func TestStepsMayBeTakenTogether(t *testing.T) {
	runStories(t, 12, func(w *story) {
		s := w.first
		for rest := w.steps; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(w.rapid, "together")
			var err error
			if s, err = s.replay(w.ctx, rest[:n], nil); err != nil {
				w.t.Fatal(err)
			}
			rest = rest[n:]
			if s.root() != w.roots[s.t].Root() {
				w.t.Fatalf("replayed to %d in groups, the root differs", s.t)
			}
		}
	})
}

func TestEveryPastIsOpened(t *testing.T) {
	runPurgedStories(t, 12, func(w *story) {
		conn, err := Connect(w.ctx, w.store, "main")
		if err != nil {
			w.t.Fatal(err)
		}
		db, err := conn.DB(w.ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		read := rapid.IntRange(0, len(w.roots)-1).Draw(w.rapid, "read as of")
		for i, want := range w.roots {
			old, err := db.AsOf(w.ctx, want.T())
			if err != nil {
				w.t.Fatal(err)
			}
			if old.T() != want.T() || old.Root() != want.Root() || !old.At().Equal(want.At()) || old.s.next != want.s.next {
				w.t.Fatalf("as of %d is another value", want.T())
			}
			at, err := db.AsOfTime(w.ctx, want.At())
			if err != nil || at.T() != want.T() {
				w.t.Fatalf("as of the time of %d is %d, %v", want.T(), at.T(), err)
			}
			if i == read {
				w.checkDatoms(old)
				w.checkEntities(old)
			}
		}
	})
}

// checkDatoms compares all views of db with the model.
func (w *story) checkDatoms(db DB) {
	now, was := w.model(db.T())
	was = slices.Clone(was)
	for i := range was {
		was[i].V = w.whole(db, was[i].V)
	}
	var current []Datom
	for f, t := range now {
		current = append(current, Datom{f.e, f.a, w.whole(db, f.v), t, true})
	}
	w.checkView("now", db, current)
	w.checkView("history", db.History(), append(slices.Clone(current), was...))
	after := rapid.Uint64Range(0, db.T()).Draw(w.rapid, "since")
	keep := func(all []Datom) []Datom {
		return slices.DeleteFunc(slices.Clone(all), func(d Datom) bool { return d.T <= after })
	}
	w.checkView("since", db.Since(after), keep(current))
	w.checkView("history since", db.Since(after).History(), keep(append(slices.Clone(current), was...)))
}

func (w *story) whole(db DB, v Value) Value {
	v, err := db.Resolve(w.ctx, v)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// checkView asks for one datom's neighbourhood in every way there is.
func (w *story) checkView(name string, db DB, want []Datom) {
	w.checkPattern(name, db, want, Pattern{})
	w.checkRange(db, want)
	if len(want) == 0 {
		return
	}
	d := rapid.SampledFrom(want).Draw(w.rapid, "datom")
	for bits := range 32 {
		p := Pattern{
			E: Opt[ID]{d.E, bits&1 != 0}, A: Opt[ID]{d.A, bits&2 != 0}, V: Opt[Value]{d.V, bits&4 != 0},
			T: Opt[uint64]{d.T, bits&8 != 0}, Added: Opt[bool]{d.Added, bits&16 != 0},
		}
		w.checkPattern(name, db, want, p)
	}
}

func (p Pattern) fits(d Datom) bool {
	return (!p.E.Set || p.E.Val == d.E) && (!p.A.Set || p.A.Val == d.A) && (!p.V.Set || p.V.Val == d.V) &&
		(!p.T.Set || p.T.Val == d.T) && (!p.Added.Set || p.Added.Val == d.Added)
}

func (w *story) checkPattern(name string, db DB, all []Datom, p Pattern) {
	want := map[Datom]bool{}
	for _, d := range all {
		if p.fits(d) {
			want[d] = true
		}
	}
	for _, read := range []struct {
		how string
		got []Datom
	}{
		{"match", collectAll(w, db.Match(w.ctx, p))},
		{"EAVT", collectAll(w, db.Datoms(w.ctx, EAVT, p))},
		{"AEVT", collectAll(w, db.Datoms(w.ctx, AEVT, p))},
		{"AVET", collectAll(w, db.Datoms(w.ctx, AVET, p))},
	} {
		if order, ok := orders[read.how]; ok && !slices.IsSortedFunc(read.got, order) {
			w.t.Fatalf("%s of %+v as of %d is not in the order of %s:\n%v", name, p, db.T(), read.how, read.got)
		}
		got := map[Datom]bool{}
		for _, d := range read.got {
			got[d] = true
		}
		if len(got) != len(read.got) || !maps.Equal(got, want) {
			w.t.Fatalf("%s of %+v as of %d by %s gives\n%v, want\n%v", name, p, db.T(), read.how, read.got, slices.Collect(maps.Keys(want)))
		}
	}
	n, exact, err := db.Count(w.ctx, p)
	if err != nil || exact && n != uint64(len(want)) || n < uint64(len(want)) {
		w.t.Fatalf("%s of %+v counts %d (exact: %v), %v; want %d", name, p, n, exact, err, len(want))
	}
}

// orders are those of the indexes. In AVET large values come where they belong.
var orders = map[string]func(a, b Datom) int{
	"EAVT": func(a, b Datom) int {
		a.V, _, _ = outline(a.V)
		b.V, _, _ = outline(b.V)
		return cmp.Or(compareDatoms(&a, &b), cmp.Compare(a.T, b.T))
	},
	"AEVT": func(a, b Datom) int {
		return cmp.Or(compareAttrs(a.A, b.A), cmp.Compare(a.E, b.E))
	},
	"AVET": func(a, b Datom) int {
		return cmp.Or(compareAttrs(a.A, b.A), compareByValue(a, b))
	},
}

// checkRange compares a range of values with the model.
func (w *story) checkRange(db DB, all []Datom) {
	if len(all) == 0 {
		return
	}
	lo, hi := rapid.SampledFrom(all).Draw(w.rapid, "lo"), rapid.SampledFrom(all).Draw(w.rapid, "hi")
	from, to := Opt[Value]{lo.V, rapid.Bool().Draw(w.rapid, "from")}, Opt[Value]{hi.V, rapid.Bool().Draw(w.rapid, "to")}
	var want []Datom
	for _, d := range all {
		if d.A == lo.A && (!from.Set || Compare(d.V, from.Val) >= 0) && (!to.Set || Compare(d.V, to.Val) < 0) {
			want = append(want, d)
		}
	}
	slices.SortFunc(want, compareByValue)
	if got := collectAll(w, db.Range(w.ctx, lo.A, from, to)); !slices.Equal(got, want) {
		w.t.Fatalf("values from %v to %v as of %d are\n%v, want\n%v", from, to, db.T(), got, want)
	}
}

func collectAll(w *story, seq func(func(Datom, error) bool)) []Datom {
	var all []Datom
	for d, err := range seq {
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}
