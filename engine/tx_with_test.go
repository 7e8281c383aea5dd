package engine

import (
	"context"
	"strings"
	"testing"
)

func TestWithChangesNothing(t *testing.T) {
	w := newPeople(t)
	ctx := context.Background()
	before := w.db
	root := before.Root()
	r, err := before.With(ctx, parseForms(t, `{:db/id "a" :person/name "Ada"}`), noon.Add(1e10))
	if err != nil {
		t.Fatal(err)
	}
	if r.Before != before || before.Root() != root || r.After.Root() == root || r.After.T() != before.T()+1 || r.Commit.ID.Defined() {
		t.Fatalf("%+v", r)
	}
	again, err := before.With(ctx, parseForms(t, `{:db/id "a" :person/name "Ada"}`), noon.Add(1e10))
	if err != nil || again.After.Root() != r.After.Root() {
		t.Fatal("the same transaction on the same database gives another root", err)
	}
	past, err := r.After.AsOf(ctx, before.T())
	if err != nil || past.Root() != root {
		t.Fatal("the past of what With made is not where it came from", err)
	}
}

func TestWithSeesTheWholeDatabase(t *testing.T) {
	w := newPeople(t)
	w.ok(`{:db/id 7 :person/email "a@x.io" :person/age 5}`)
	for _, view := range []DB{w.db.Since(w.db.T()), w.db.History(), w.db.Since(1).History()} {
		r, err := view.With(context.Background(), parseForms(t, `{:person/email "a@x.io" :person/age 6}`), noon.Add(1e11))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.show(r.Datoms); got != "-7 :person/age 5\n+7 :person/age 6" {
			t.Errorf("got %s", got)
		}
	}
}

func TestWithReadsWhatIsNotStored(t *testing.T) {
	w := newPeople(t)
	long := strings.Repeat("long ", 1000)
	w.ok(`{:db/id 1 :person/name "` + long + `"}`)
	w.ok(`{:db/id 2 :person/name "` + long + `2"}`)
	w.has(1, `:person/name "`+long+`"`)
	w.has(2, `:person/name "`+long+`2"`)
}
