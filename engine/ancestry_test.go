package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// graph is a history of random commits without databases.
type graph struct {
	store   *cas.Memory
	commits []Commit
}

// commit adds a commit with these parents, which are younger than it.
func (g *graph) commit(t fataler, at int, parents ...int) {
	c := Commit{At: time.UnixMilli(int64(at)), next: 1, Root: cas.NewBlock(cas.DagCBOR, []byte{0xf6}).CID()}
	c.Base, c.Tx = c.Root, c.Root
	for _, p := range parents {
		c.Parents = append(c.Parents, g.commits[p].ID)
	}
	if len(parents) > 0 {
		c.T, c.jump = g.commits[parents[0]].T+1, c.Parents[0]
	}
	b := c.block()
	c.ID = b.CID()
	if err := g.store.Put(context.Background(), []cas.Block{b}); err != nil {
		t.Fatal(err)
	}
	g.commits = append(g.commits, c)
}

// ancestors are a commit and all that it comes from.
func (g *graph) ancestors(id cid.Cid, into map[cid.Cid]bool) map[cid.Cid]bool {
	into[id] = true
	for _, c := range g.commits {
		if c.ID == id {
			for _, p := range c.Parents {
				g.ancestors(p, into)
			}
		}
	}
	return into
}

// The merge base of random histories is an ancestor of both, and no other such is younger.
func TestMergeBase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &graph{store: cas.NewMemory()}
		g.commit(t, 1_000_000) // the first commit's time may be after those of its children
		for i := range rapid.IntRange(1, 25).Draw(t, "commits") {
			parents := []int{rapid.IntRange(0, i).Draw(t, "parent")}
			if other := rapid.IntRange(0, i).Draw(t, "merged"); other != parents[0] && rapid.Bool().Draw(t, "merge") {
				parents = append(parents, other)
			}
			g.commit(t, i+1, parents...)
		}
		pick := func(label string) Commit {
			return g.commits[rapid.IntRange(0, len(g.commits)-1).Draw(t, label)]
		}
		a, b := pick("a"), pick("b")
		of := [2]map[cid.Cid]bool{g.ancestors(a.ID, map[cid.Cid]bool{}), g.ancestors(b.ID, map[cid.Cid]bool{})}
		want := g.commits[0]
		for _, c := range g.commits[1:] {
			if of[0][c.ID] && of[1][c.ID] {
				want = c // in order of time
			}
		}
		got, err := MergeBase(t.Context(), g.store, a, b)
		if err != nil || got.ID != want.ID {
			t.Fatalf("base %d, want %d: %v", got.T, want.T, err)
		}
		if held, err := Contains(t.Context(), g.store, a, b); err != nil || held != of[0][b.ID] {
			t.Fatalf("contains: %v, %v", held, err)
		}
	})
}

func TestUnrelatedCommitsHaveNoBase(t *testing.T) {
	g := &graph{store: cas.NewMemory()}
	g.commit(t, 1)
	g.commit(t, 2)
	if _, err := MergeBase(t.Context(), g.store, g.commits[0], g.commits[1]); !errors.Is(err, ErrUnrelated) {
		t.Errorf("error %v", err)
	}
	if held, err := Contains(t.Context(), g.store, g.commits[0], g.commits[1]); held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
	g.store = cas.NewMemory()
	g.commit(t, 3, 0)
	if _, err := MergeBase(t.Context(), g.store, g.commits[2], g.commits[1]); !errors.Is(err, cas.ErrNotFound) || errors.Is(err, ErrUnrelated) {
		t.Errorf("a missing commit: error %v", err)
	}
}

// Reverting all transactions in turn, the newest first, leads back through the roots that there were.
func TestRevertOfRandomTransactions(t *testing.T) {
	reverted := 0
	runStories(t, 6, func(w *story) {
		before := w.conn.dbNow(w.t)
		if before.T() < 2 {
			return
		}
		w.tick()
		m, err := w.conn.Revert(w.ctx, before.Commit(), nil, Meta{Msg: "revert"})
		var refused *TxError
		if errors.As(err, &refused) { // attributes cannot be taken back
			return
		}
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		reverted++
		old := w.roots[len(w.roots)-2]
		if len(m.Commit.Parents) != 1 || m.Commit.T != before.T()+1 {
			w.t.Fatalf("commit %+v", m.Commit)
		}
		for d, err := range Diff(w.ctx, old, m.After) {
			if err != nil {
				w.t.Fatal(err)
			}
			if _, isTx := TxOf(d.E); !isTx {
				w.t.Fatalf("left after the revert: %v", d)
			}
		}
	})
	if reverted < 10 {
		t.Errorf("only %d reverts", reverted)
	}
}

// What comes after a transaction stays when that is reverted, and is a conflict where it builds on it.
func TestRevert(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.must(`[{:db/id 1 :person/id "ada" :person/name "Ada"}]`)
	undone := w.must(`[[:db/add 1 :person/name "A."] {:db/id 2 :person/id "ben"}]`).Commit.ID
	w.must(`[[:db/add 1 :person/tag "t"]]`)
	before := w.conn.dbNow(t)
	m, err := w.conn.Revert(t.Context(), undone, nil, Meta{})
	if err != nil {
		t.Fatal(err)
	}
	checkGain(t, before, m.After, "ada person/name Ada", "ada person/name A.; ben person/id ben")
	undone = w.must(`[[:db/add 1 :person/name "A."] {:db/id 2 :person/id "ben"}]`).Commit.ID
	w.must(`[[:db/add 1 :person/name "Adele"] [:db/add 2 :person/tag "t"]]`)
	var conflict *ConflictError
	if _, err := w.conn.Revert(t.Context(), undone, nil, Meta{}); !errors.As(err, &conflict) || len(conflict.Conflicts) != 2 {
		t.Errorf("error %v", err)
	}
	if _, err := w.conn.Revert(t.Context(), w.roots[0].Commit(), nil, Meta{}); err == nil {
		t.Error("the creation was reverted")
	}
	side := w.fork("side")
	elsewhere := side.must(`[{:person/id "eve"}]`).Commit.ID
	if _, err := w.conn.Revert(t.Context(), elsewhere, nil, Meta{}); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("reverted what is on another branch: %v", err)
	}
}

// Changes turn one value of a database into another, both ways.
func TestChangesOfRandomValues(t *testing.T) {
	checked := 0
	runStories(t, 6, func(w *story) {
		a, b := w.roots[1], w.roots[len(w.roots)-1]
		all, err := Changes(w.ctx, a, b)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		r, err := a.With(w.ctx, all, b.At())
		if err != nil {
			w.t.Fatalf("%v: %v", all, err)
		}
		checked++
		for d, err := range Diff(w.ctx, r.After, b) {
			if err != nil {
				w.t.Fatal(err)
			}
			if _, isTx := TxOf(d.E); !isTx {
				w.t.Fatalf("still different: %v", d)
			}
		}
	})
	if checked < 10 {
		t.Errorf("only %d", checked)
	}
}

func TestBlame(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.must(`[{:db/id 1 :person/id "ada" :person/name "Ada"}]`)
	side := w.fork("side")
	said := side.must(`[[:db/add 1 :person/name "A."]]`).Commit
	w.must(`[[:db/add 1 :person/tag "t"]]`)
	if _, err := w.conn.Merge(t.Context(), said.ID, nil, Meta{}); err != nil {
		t.Fatal(err)
	}
	all, err := Blame(t.Context(), w.conn.dbNow(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, b := range all {
		got += fmt.Sprintf("%s t%d side %v; ", Text(b.V), b.Commit.T, b.Commit.ID == said.ID)
	}
	if want := "ada t2 side false; A. t3 side true; t t3 side false; "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRefs(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	ctx, s, head := t.Context(), w.store, w.conn.dbNow(t).Commit()
	for _, name := range []string{"head", "t42", "2026-11-01", "yesterday", head.String(), "a b", ""} {
		if err := Branch.Create(ctx, s, name, head); err == nil {
			t.Errorf("branch %q was made", name)
		}
	}
	if err := Tag.Create(ctx, s, "v1", head); err != nil {
		t.Fatal(err)
	}
	if err := Tag.Create(ctx, s, "v1", head); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("made twice: %v", err)
	}
	if err := Branch.Create(ctx, s, "b", cas.NewBlock(cas.Raw, []byte("x")).CID()); err == nil {
		t.Error("a branch of nothing")
	}
	if err := Branch.Rename(ctx, s, "main", "trunk"); err != nil {
		t.Fatal(err)
	}
	if names, err := Branch.List(ctx, s); err != nil || len(names) != 1 || names[0].Name != "trunk" || names[0].CID != head {
		t.Errorf("%v, %v", names, err)
	}
	if names, err := Holders(ctx, s, head, "heads/trunk"); err != nil || len(names) != 1 || names[0] != "tags/v1" {
		t.Errorf("%v, %v", names, err)
	}
	if err := Tag.Delete(ctx, s, "v1", head); err != nil {
		t.Fatal(err)
	}
	if names, err := Holders(ctx, s, head, "heads/trunk"); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

// Who said a value of an entity that a merge gave another id is found under the id that it had, through several merges, refs among the values.
func TestBlameOfTheRenumbered(t *testing.T) {
	ours, theirs := forked(t)
	ours.must(`[{:db/id "e" :person/name "Eve"}]`) // 3
	bob := theirs.must(`[{:db/id "b" :person/name "Bob"}]`)
	friend := theirs.must(`[{:db/id 3 :person/boss {:db/id "c" :person/name "Cyd"} :person/tag "t"}]`) // 3 and 4, to be 4 and 5
	third := ours.fork("third")
	third.must(`[{:db/id "x" :person/name "X"} {:db/id "y" :person/name "Y"}]`)
	theirs.clock, third.clock = ours.clock, ours.clock
	merge := ours.mustMerge(theirs.tip())
	if len(merge.Commit.Renumbered) == 0 {
		t.Fatal("nothing was renumbered")
	}
	third.mustMerge(ours.tip()) // which renumbers them once more
	for _, w := range []*story{ours, third} {
		db := w.conn.dbNow(t)
		name, _ := db.Schema().ByIdent("person/name")
		said := map[string]string{}
		for d, err := range db.Match(t.Context(), Pattern{A: Some(name.ID)}) {
			if err != nil {
				t.Fatal(err)
			}
			all, err := Blame(t.Context(), db, d.E)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range all {
				a, _ := db.Schema().ByID(b.A)
				said[Text(d.V)+" "+a.Ident] = b.Commit.ID.String()
			}
		}
		for what, by := range map[string]Report{"Bob person/name": bob, "Bob person/boss": friend, "Bob person/tag": friend, "Cyd person/name": friend} {
			if said[what] != by.Commit.ID.String() {
				t.Errorf("%s is said to be of %s, not of t%d", what, said[what], by.Commit.T)
			}
		}
	}
}
