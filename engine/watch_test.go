package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
)

// watching collects the t of n commits, or of those that come within a few seconds.
func watching(t *testing.T, c *Conn, from cid.Cid, n int) <-chan []uint64 {
	out := make(chan []uint64, 1)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	go func() {
		defer stop()
		var got []uint64
		for commit, err := range c.Watch(ctx, from) {
			if err != nil {
				t.Error(err)
				break
			}
			if got = append(got, commit.T); len(got) == n {
				break
			}
		}
		out <- got
	}()
	return out
}

func TestWatchYieldsEveryCommitOnce(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	from := w.conn.dbNow(t).Commit()
	for range 3 {
		w.must(`[]`)
	}
	other, err := Connect(t.Context(), w.store, "main") // as another process would
	if err != nil {
		t.Fatal(err)
	}
	got := watching(t, other, from, 6)
	for range 3 {
		w.must(`[]`)
		time.Sleep(lookEvery / 4)
	}
	if got := <-got; len(got) != 6 || got[0] != 2 || got[5] != 7 {
		t.Errorf("saw %v", got)
	}
}

// A branch that is moved elsewhere goes on from where the lines part; a merge is one commit.
func TestWatchOfABranchThatMoves(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.must(`[{:db/id 1 :person/id "ada"}]`)
	side := w.fork("side")
	side.must(`[[:db/add 1 :person/name "A."]]`)
	side.must(`[[:db/add 1 :person/tag "t"]]`)
	before := w.must(`[[:db/add 1 :person/tag "o"]]`).Commit.ID
	if err := Branch.Move(t.Context(), w.store, "main", before, side.conn.dbNow(t).Commit()); err != nil {
		t.Fatal(err)
	}
	if got := <-watching(t, w.conn, before, 2); len(got) != 2 || got[0] != 3 || got[1] != 4 {
		t.Errorf("saw %v", got)
	}
	if err := Branch.Move(t.Context(), w.store, "main", side.conn.dbNow(t).Commit(), before); err != nil {
		t.Fatal(err)
	}
	m, err := w.conn.Merge(t.Context(), side.conn.dbNow(t).Commit(), nil, Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-watching(t, w.conn, before, 1); len(got) != 1 || got[0] != m.Commit.T {
		t.Errorf("saw %v", got)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	w := startStory(t, Options{})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, err := range w.conn.Watch(ctx, cid.Undef) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	if err := w.store.SetRef(t.Context(), w.conn.ref, w.conn.dbNow(t).Commit(), cid.Undef); err != nil {
		t.Fatal(err)
	}
	for _, err := range w.conn.Watch(t.Context(), cid.Undef) {
		if err == nil {
			t.Error("a commit of a branch that is gone")
		}
	}
}
