package datahike

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
)

// What is read where it is equals what is converted: each pattern that any datom suggests, in every order, now and with all that was,
// and the names of entities. With a schema on read attributes have other numbers: TestInPlaceEqualsConverted compares those.
func TestReadInPlaceEqualsConverted(t *testing.T) {
	ctx := context.Background()
	for _, name := range stores {
		if name == "nohist-read" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s, _ := realStore(t, name)
			dst := cas.NewMemory()
			done, err := Import(ctx, dst, s, ImportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range done.Branches {
				branch := b.Name
				if branch == "main" {
					branch = MainBranch
				}
				there, ok, err := head(t, s, branch).DB(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					t.Fatal("not read in place")
				}
				here, err := engine.Open(ctx, dst, b.Commit)
				if err != nil {
					t.Fatal(err)
				}
				c := comparison{t, here, there}
				c.schemas()
				c.all()
				c.here, c.there = here.History(), there.History()
				c.all()
			}
		})
	}
}

// comparison is of two values that should be equal.
type comparison struct {
	t           *testing.T
	here, there engine.DB
}

func (c comparison) schemas() {
	if c.here.Options() != c.there.Options() || c.here.T() != c.there.T() {
		c.t.Errorf("%+v at %d, want %+v at %d", c.there.Options(), c.there.T(), c.here.Options(), c.here.T())
	}
	list := func(db engine.DB) (all []string) {
		for a := range db.Schema().Attributes() {
			all = append(all, fmt.Sprintf("%+v", *a))
		}
		return all
	}
	if h, e := list(c.here), list(c.there); !slices.Equal(h, e) {
		c.t.Errorf("schema\n%v\nwant\n%v", e, h)
	}
}

func gathered(t *testing.T, all iter.Seq2[engine.Datom, error]) (list []engine.Datom) {
	t.Helper()
	for d, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

func (c comparison) same(what string, ask func(engine.DB) iter.Seq2[engine.Datom, error]) []engine.Datom {
	c.t.Helper()
	want, got := gathered(c.t, ask(c.here)), gathered(c.t, ask(c.there))
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			c.t.Fatalf("%s: datom %d of %d is %+v, want %+v of %d", what, i, len(got), got[i], want[i], len(want))
		}
	}
	if len(want) != len(got) {
		c.t.Fatalf("%s: %d datoms, want %d", what, len(got), len(want))
	}
	return want
}

func (c comparison) all() {
	ctx := context.Background()
	every := c.same("everything", func(db engine.DB) iter.Seq2[engine.Datom, error] { return db.Match(ctx, engine.Pattern{}) })
	asked := map[engine.Pattern]bool{}
	match := func(p engine.Pattern) {
		if asked[p] {
			return
		}
		asked[p] = true
		c.same(fmt.Sprintf("%+v", p), func(db engine.DB) iter.Seq2[engine.Datom, error] { return db.Match(ctx, p) })
		if n, _, err := c.there.Count(ctx, p); err != nil || n == 0 {
			c.t.Fatalf("%+v: about %d, %v", p, n, err)
		}
	}
	some := engine.Some[engine.ID]
	for i, d := range every {
		v := engine.Some(d.V)
		for _, p := range []engine.Pattern{{E: some(d.E)}, {E: some(d.E), A: some(d.A)}, {A: some(d.A)}, {A: some(d.A), V: v}, {E: some(d.E), A: some(d.A), V: v}} {
			match(p)
		}
		if i%97 == 0 {
			match(engine.Pattern{V: v})
			match(engine.Pattern{T: engine.Some(d.T)})
		}
		c.names(d)
	}
	for _, order := range []engine.Index{engine.EAVT, engine.AEVT, engine.AVET} {
		c.same(fmt.Sprint("order ", order), func(db engine.DB) iter.Seq2[engine.Datom, error] { return db.Datoms(ctx, order, engine.Pattern{}) })
	}
	for a := range c.here.Schema().Attributes() {
		values := gathered(c.t, c.here.Datoms(ctx, engine.AVET, engine.Pattern{A: some(a.ID)}))
		if len(values) == 0 {
			continue
		}
		lo, hi := engine.Some(values[len(values)/4].V), engine.Some(values[len(values)-1].V)
		c.same(a.Ident, func(db engine.DB) iter.Seq2[engine.Datom, error] { return db.Range(ctx, a.ID, lo, hi) })
		c.same(a.Ident, func(db engine.DB) iter.Seq2[engine.Datom, error] {
			return db.Range(ctx, a.ID, lo, engine.Opt[engine.Value]{})
		})
		c.same(a.Ident, func(db engine.DB) iter.Seq2[engine.Datom, error] {
			return db.DatomsAt(ctx, engine.Pattern{A: some(a.ID)}, 3)
		})
	}
}

// names compares what an entity is called, and what a unique value names.
func (c comparison) names(d engine.Datom) {
	ctx := context.Background()
	if a, _ := c.here.Schema().ByID(d.A); a.Unique != engine.NotUnique {
		want, ok, err := c.here.Entid(ctx, d.A, d.V)
		got, ok2, err2 := c.there.Entid(ctx, d.A, d.V)
		if err != nil || err2 != nil || got != want || ok != ok2 {
			c.t.Errorf("entity of %+v: %d, want %d (%v, %v)", d, got, want, err, err2)
		}
	}
	home, since, err := c.here.HomeOf(ctx, d.E)
	home2, since2, err2 := c.there.HomeOf(ctx, d.E)
	if err != nil || err2 != nil || home != home2 || since != since2 {
		c.t.Errorf("%d lives at %v since %d, want %v since %d (%v, %v)", d.E, home2, since2, home, since, err, err2)
	}
	want, ok, err := c.here.Lookup(ctx, home)
	got, ok2, err2 := c.there.Lookup(ctx, home)
	if err != nil || err2 != nil || got != want || ok != ok2 {
		c.t.Errorf("%v: %+v %t, want %+v %t (%v, %v)", home, got, ok2, want, ok, err, err2)
	}
}
