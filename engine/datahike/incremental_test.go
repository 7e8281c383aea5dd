package datahike

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/fressian"
)

// film is a store that grows, of one attribute with and one without history.
type film struct {
	*writer
	schema   fressian.Map
	now, was []Datom
	head     fressian.Set // the newest commit
}

const filmTx = FirstTx + 1

func newFilm() *film {
	attr := func(ident string, more ...any) fressian.Map {
		return append(fressian.Map{kw("db/ident"), kw(ident), kw("db/valueType"), kw("db.type/string"), kw("db/cardinality"), kw("db.cardinality/one")}, more...)
	}
	f := &film{writer: newWriter(), schema: fressian.Map{
		kw("film/title"), attr("film/title"), kw("film/secret"), attr("film/secret", kw("db/noHistory"), true),
		int64(1), kw("film/title"), int64(2), kw("film/secret"),
	}}
	f.Factor = 4
	for e, ident := range []string{"film/title", "film/secret"} {
		f.add(filmTx, int64(e+1), "db/ident", kw(ident))
		f.add(filmTx, int64(e+1), "db/valueType", kw("db.type/string"))
		f.add(filmTx, int64(e+1), "db/cardinality", kw("db.cardinality/one"))
	}
	f.add(filmTx, 2, "db/noHistory", true)
	f.time(filmTx)
	return f
}

func (f *film) add(tx, e int64, ident string, v any) {
	f.now = append(f.now, Datom{e, kw(ident), v, tx, true})
	if ident != "film/secret" && ident != "db/txInstant" {
		f.was = append(f.was, Datom{e, kw(ident), v, tx, true})
	}
}

func (f *film) time(tx int64) {
	f.add(tx, tx, "db/txInstant", fressian.Inst(1_700_000_000_000+tx-FirstTx))
}

// set replaces the value of an entity.
func (f *film) set(tx, e int64, ident string, v any) {
	f.now = slices.DeleteFunc(f.now, func(d Datom) bool {
		gone := d.E == e && d.A == kw(ident)
		if gone && ident != "film/secret" {
			f.was = append(f.was, Datom{e, d.A, d.V, tx, false})
		}
		return gone
	})
	f.add(tx, e, ident, v)
}

func (f *film) commit(maxTx int64) {
	f.head = fressian.Set{f.writer.commit(MainBranch, maxTx, f.head, f.now, f.was, f.schema)}
	f.Branches(MainBranch)
}

func (f *film) importInto(t *testing.T, dst cas.RefStore) *Imported {
	t.Helper()
	done, err := Import(context.Background(), dst, New(f.Files, "film"), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// text is what db says of an attribute of entity 10.
func text(t *testing.T, dst cas.RefStore, at uint64, ident string) (values []string) {
	t.Helper()
	ctx := context.Background()
	c, err := engine.Connect(ctx, dst, "main")
	if err != nil {
		t.Fatal(err)
	}
	db, err := c.DB(ctx)
	if err == nil {
		db, err = db.AsOf(ctx, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, ok := db.Schema().ByIdent(ident)
	if !ok {
		t.Fatalf("no %s at %d", ident, at)
	}
	for d, err := range db.Match(ctx, engine.Pattern{E: engine.Some[engine.ID](10), A: engine.Some(a.ID)}) {
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, d.V.Text())
	}
	return values
}

// A store that grows is followed, commit by commit; several transactions in one commit are told apart.
func TestIncremental(t *testing.T) {
	f, dst := newFilm(), cas.NewMemory()
	f.commit(filmTx)
	if done := f.importInto(t, dst); done.Transactions != 1 {
		t.Errorf("first: %+v", done)
	}
	f.add(filmTx+1, 10, "film/title", "Alien")
	f.add(filmTx+1, 10, "film/secret", "s1")
	f.time(filmTx + 1)
	f.commit(filmTx + 1)
	f.set(filmTx+2, 10, "film/secret", "s2")
	f.time(filmTx + 2)
	f.set(filmTx+3, 10, "film/title", "Aliens")
	f.time(filmTx + 3)
	f.commit(filmTx + 3)
	if done := f.importInto(t, dst); done.Transactions != 3 || done.Commits != 2 {
		t.Errorf("second: %+v", done)
	}
	for at, want := range map[uint64]string{2: "Alien s1", 3: "Alien s2", 4: "Aliens s2"} {
		got := append(text(t, dst, at, "film/title"), text(t, dst, at, "film/secret")...)
		if len(got) != 2 || got[0]+" "+got[1] != want {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
	if done := f.importInto(t, dst); done.Transactions != 0 || done.Before != 3 {
		t.Errorf("again: %+v", done)
	}
}

// Where a collection has removed old commits, history still tells their transactions.
func TestCollectedCommits(t *testing.T) {
	f := newFilm()
	f.add(filmTx+1, 10, "film/title", "Alien")
	f.time(filmTx + 1)
	f.set(filmTx+2, 10, "film/title", "Aliens")
	f.time(filmTx + 2)
	f.head = fressian.Set{f.NewID()} // a parent that is not there
	f.commit(filmTx + 2)
	dst := cas.NewMemory()
	if done := f.importInto(t, dst); done.Transactions != 3 || done.Commits != 1 {
		t.Errorf("%+v", done)
	}
	if got := text(t, dst, 2, "film/title"); len(got) != 1 || got[0] != "Alien" {
		t.Errorf("at 2: %q", got)
	}
}

// An import that was given up goes on where it was.
func TestImportGoesOn(t *testing.T) {
	f := newFilm()
	f.commit(filmTx)
	for tx := int64(filmTx + 1); tx < filmTx+8; tx++ {
		f.set(tx, 10, "film/title", string(rune('A'+tx-filmTx)))
		f.time(tx)
		f.commit(tx)
	}
	dst := cas.NewMemory()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Import(ctx, dst, New(f.Files, "film"), ImportOptions{Progress: func(done, _ int) {
		if done == 4 {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("it was not given up")
	}
	if done := f.importInto(t, dst); done.Before != 4 || done.Transactions != 4 {
		t.Errorf("%+v", done)
	}
}

// What is different in the end is told, and with it the attribute.
func TestImportFindsDifferences(t *testing.T) {
	f, dst := newFilm(), cas.NewMemory()
	f.add(filmTx, 10, "film/title", "Alien")
	f.commit(filmTx)
	f.importInto(t, dst)
	// The store now says something else of the same commit.
	f.now[len(f.now)-1].V, f.was[len(f.was)-1].V = "Alian", "Alian"
	id := f.head[0].(fressian.UUID)
	f.Last = uint32(id[0])<<24 | uint32(id[1])<<16 | uint32(id[2])<<8 | uint32(id[3]) - 1
	f.head = nil
	f.commit(filmTx)
	_, err := Import(context.Background(), dst, New(f.Files, "film"), ImportOptions{})
	var different *DifferentError
	if !errors.As(err, &different) || different.Ident != "film/title" || f.head[0] != id {
		t.Errorf("got %v of commit %v, want :film/title of %v", err, f.head[0], id)
	}
}
