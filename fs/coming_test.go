//go:build linux || darwin

package fs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
)

// itemsOf is entities/item of a database with items 10 to 59.
func itemsOf(t *testing.T) (*commit, []entityDir) {
	t.Helper()
	var text strings.Builder
	text.WriteString("[{:db/ident :item/id :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}] [")
	for i := 10; i < 60; i++ {
		fmt.Fprintf(&text, "{:item/id %d} ", i)
	}
	forms, err := edn.ParseAll(text.String() + "]")
	if err != nil {
		t.Fatal(err)
	}
	store := cas.NewMemory()
	conn, err := engine.Create(t.Context(), store, "main", engine.Options{}, time.Unix(1700000000, 0))
	for i := 0; i < len(forms) && err == nil; i++ {
		_, err = conn.Transact(t.Context(), forms[i].Items(), engine.Meta{})
	}
	if err != nil {
		t.Fatal(err)
	}
	kind, err := New([]Database{{Name: "items", Store: store}}, Options{}).Walk(t.Context(), "head/entities/item")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []entityDir
	for e, err := range kind.(Dir).List(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, e.Node.(entityDir))
	}
	return kind.(kindDir).c, dirs
}

// has tells which of dirs have their listings.
func has(c *commit, dirs []entityDir) (n int) {
	for _, d := range dirs {
		if _, ok := c.of.tree.recent.get(entityKey{c, d.id}); ok {
			n++
		}
	}
	return n
}

func TestAWalkIsListedAhead(t *testing.T) {
	c, dirs := itemsOf(t)
	w := newComings()
	for i, d := range dirs {
		w.listed(t.Context(), d)
		w.work.Wait()
		want := 0
		if i >= comesAfter {
			want = min(comesBefore/2, len(dirs)-1-i)
		}
		if got := has(c, dirs[i+1:]); got < want || got > comesBefore {
			t.Fatalf("after %d entities in order, %d of those that follow are listed, want %d to %d", i+1, got, want, comesBefore)
		}
	}
	w.end()
}

func TestNoWalkIsSeenInAnotherOrder(t *testing.T) {
	c, dirs := itemsOf(t)
	w := newComings()
	defer w.end()
	for i := range dirs {
		w.listed(t.Context(), dirs[7*i%len(dirs)])
	}
	w.work.Wait()
	if got := has(c, dirs); got != 0 {
		t.Errorf("%d entities are listed that nobody asked for", got)
	}
}

func TestWalksAtOnceAreFollowed(t *testing.T) {
	c, dirs := itemsOf(t)
	w := newComings()
	defer w.end()
	for i := range comesAfter + 1 {
		w.listed(t.Context(), dirs[i])
		w.listed(t.Context(), dirs[25+i])
	}
	w.work.Wait()
	for _, from := range []int{0, 25} {
		if next := from + comesAfter + 1; has(c, dirs[next:next+comesBefore]) != comesBefore {
			t.Errorf("of the walk from %d, %d entities are listed ahead, want %d", from, has(c, dirs[next:next+comesBefore]), comesBefore)
		}
	}
}

func TestTheEndStopsListingAhead(t *testing.T) {
	c, dirs := itemsOf(t)
	w := newComings()
	w.end()
	for _, d := range dirs {
		w.listed(context.Background(), d)
	}
	w.work.Wait()
	if got := has(c, dirs); got != 0 {
		t.Errorf("%d entities were listed after the end", got)
	}
}
