package datahike

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/google/uuid"
	"github.com/ipfs/go-cid"
)

// What the engine reads of a store in place equals what it reads of the conversion: refs, the commits of each branch with their times,
// messages, parents and transactions, the values of all, what lies between them, and the lists of names.
func TestInPlaceEqualsConverted(t *testing.T) {
	ctx := context.Background()
	for _, name := range stores {
		t.Run(name, func(t *testing.T) {
			s, _ := realStore(t, name)
			made := cas.NewMemory()
			done, err := Import(ctx, made, s, ImportOptions{Unchecked: true})
			if err != nil {
				t.Fatal(err)
			}
			place := NewInPlace(s, func(_ context.Context, id uuid.UUID) (cas.RefStore, cid.Cid, error) {
				return made, done.ByUUID[id], nil
			})
			c := both{t, made, place, name == "nohist-read"}
			refs, err := made.Refs(ctx)
			if err != nil {
				t.Fatal(err)
			}
			got, err := place.Refs(ctx)
			if err != nil || len(got) != len(refs) {
				t.Fatalf("refs %v (%v), want %v", got, err, refs)
			}
			for i, r := range refs {
				if got[i].Name != r.Name {
					t.Errorf("ref %s, want %s", got[i].Name, r.Name)
				}
				c.line(r.Name, r.CID, got[i].CID)
			}
			all := 0
			for id, err := range place.All(ctx) {
				if ok, err2 := place.Has(ctx, id); err != nil || err2 != nil || !ok {
					t.Errorf("%s: %t, %v %v", id, ok, err, err2)
				}
				all++
			}
			if all < 3 {
				t.Errorf("%d commits", all)
			}
		})
	}
}

// both are a conversion and what is read in place.
type both struct {
	t     *testing.T
	made  cas.RefStore
	place *InPlace
	// With a schema on read attributes are numbered otherwise in place, those that nothing declares are no entities, and transactions have no
	// time of their own.
	flexible bool
}

func (b both) line(name string, made, there cid.Cid) {
	t, ctx := b.t, context.Background()
	t.Helper()
	var here, inPlace []engine.Commit
	for c, err := range engine.Log(ctx, b.made, made) {
		if err != nil {
			t.Fatal(err)
		}
		here = append(here, c)
	}
	for c, err := range engine.Log(ctx, b.place, there) {
		if err == nil {
			c, err = engine.Counted(ctx, b.place, c)
		}
		if err != nil {
			t.Fatal(err)
		}
		inPlace = append(inPlace, c)
	}
	if len(here) != len(inPlace) {
		t.Fatalf("%s: %d commits, want %d", name, len(inPlace), len(here))
	}
	for i, w := range here {
		g := inPlace[i]
		if g.T != w.T || g.T > 0 && g.Msg != w.Msg || len(g.Parents) != len(w.Parents) || !b.flexible && g.Added != w.Added || g.Retracted != w.Retracted {
			t.Errorf("%s: %+v\nwant %+v", name, g, w)
		}
		if late := g.At.Sub(w.At).Abs().Milliseconds(); w.T > 0 && late > 100 {
			t.Errorf("%s t%d: at %s, want %s", name, w.T, g.At, w.At)
		}
		b.commit(fmt.Sprintf("%s t%d", name, w.T), w, g)
		if i > 0 {
			b.diff(fmt.Sprintf("%s t%d", name, w.T), here[i-1], w, inPlace[i-1], g)
			b.diff(fmt.Sprintf("%s t%d back", name, w.T), w, here[0], g, inPlace[0])
		}
	}
}

// commit compares a value, and what its transaction did.
func (b both) commit(name string, made, there engine.Commit) {
	t, ctx := b.t, context.Background()
	t.Helper()
	want, got := b.open(b.made, made), b.open(b.place, there)
	same := b.worded(want, got)
	if made.T > 0 {
		w, err := engine.ReadTx(ctx, b.made, made)
		g, err2 := engine.ReadTx(ctx, b.place, there)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		same(name+" transaction", w.Datoms, g.Datoms)
	}
	same(name, gathered(t, want.Match(ctx, engine.Pattern{})), gathered(t, got.Match(ctx, engine.Pattern{})))
	same(name+" history", gathered(t, want.History().Match(ctx, engine.Pattern{})), gathered(t, got.History().Match(ctx, engine.Pattern{})))
	b.names(name, want, got)
}

func (b both) open(s cas.RefStore, c engine.Commit) engine.DB {
	b.t.Helper()
	db, err := engine.Open(context.Background(), s, c.ID)
	if err != nil {
		b.t.Fatalf("t%d: %v", c.T, err)
	}
	return db
}

// diff compares what lies between two values, with that between one in place and one in blocks.
func (b both) diff(name string, from, to, from2, to2 engine.Commit) {
	ctx := context.Background()
	before, after := b.open(b.made, from), b.open(b.made, to)
	before2, after2 := b.open(b.place, from2), b.open(b.place, to2)
	want := gathered(b.t, engine.Diff(ctx, before, after))
	// What was retracted is in the words of the older value.
	same := b.worded(after, after2)
	if len(gathered(b.t, engine.Diff(ctx, after, after2))) > 0 && !b.flexible {
		b.t.Errorf("%s differs from what it was converted to", name)
	}
	same(name+" diff", want, gathered(b.t, engine.Diff(ctx, before2, after2)))
}

func (b both) names(name string, want, got engine.DB) {
	t, ctx := b.t, context.Background()
	t.Helper()
	kinds, err := want.Kinds(ctx)
	there, err2 := got.Kinds(ctx)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	there = slices.DeleteFunc(there, func(k engine.KindInfo) bool {
		_, n, err := got.NameRank(ctx, k.Kind, "")
		return err == nil && n == 0 && k.Kind == "_"
	})
	if len(kinds) != len(there) {
		t.Fatalf("%s: kinds %v, want %v", name, there, kinds)
	}
	for i, k := range kinds {
		if there[i].Kind != k.Kind {
			t.Fatalf("%s: kinds %v, want %v", name, there, kinds)
		}
		var w, g []engine.Home
		for n, err := range want.NamesAt(ctx, k.Kind, 0) {
			if err != nil {
				t.Fatal(err)
			}
			w = append(w, n.Home)
		}
		for n, err := range got.Names(ctx, k.Kind, "") {
			if err != nil {
				t.Fatal(err)
			}
			g = append(g, n.Home)
			if id, home, ok, err := got.EntityAt(ctx, n.Home); err != nil || !ok || id != n.ID || home != n.Home {
				t.Errorf("%s: %v is %d %v %t (%v), want %d", name, n.Home, id, home, ok, err, n.ID)
			}
		}
		if !slices.Equal(w, g) {
			t.Errorf("%s: names of %s: %v, want %v", name, k.Kind, g, w)
		}
	}
}

// worded compares datoms of two values.
func (b both) worded(want, got engine.DB) func(what string, w, g []engine.Datom) {
	t := b.t
	return func(what string, w, g []engine.Datom) {
		t.Helper()
		if b.flexible {
			w, g = users(w), users(renamed(want, got, g))
		}
		if !slices.Equal(w, g) {
			for i := range min(len(w), len(g)) {
				if w[i] != g[i] {
					t.Fatalf("%s: datom %d of %d is %+v, want %+v of %d", what, i, len(g), g[i], w[i], len(w))
				}
			}
			t.Fatalf("%s: %d datoms, want %d\n%v\n%v", what, len(g), len(w), g, w)
		}
	}
}

// renamed has the numbers of want for attributes.
func renamed(want, got engine.DB, all []engine.Datom) []engine.Datom {
	number := func(id engine.ID) engine.ID {
		if a, ok := got.Schema().ByID(id); ok {
			if b, ok := want.Schema().ByIdent(a.Ident); ok {
				return b.ID
			}
		}
		return id
	}
	for i, d := range all {
		all[i].E, all[i].A = number(d.E), number(d.A)
		if d.V.Kind() == engine.RefKind {
			all[i].V = engine.Ref(number(d.V.Ref()))
		}
	}
	return all
}

// users leaves attributes and transactions out, and sorts what is left.
func users(all []engine.Datom) []engine.Datom {
	all = slices.DeleteFunc(all, func(d engine.Datom) bool { return !isUser(d.E) })
	engine.SortDatoms(engine.EAVT, all)
	return all
}
