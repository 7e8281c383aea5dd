//go:build unix

package cassql_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/cassql"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/dhfs/dhfs/test/servers"
	"github.com/ipfs/go-cid"
	"go.uber.org/goleak"
)

// What is asked of the database for each step is counted: it is what a server far away makes slow.
func TestRoundTrips(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s := create(t, url)
		blocks := castest.Graph(1, 64)
		put(t, s, blocks...)
		head := castest.Node(9, blocks[63].CID())
		if err := s.Commit(t.Context(), []cas.Block{head}, "heads/main", cid.Undef, head.CID()); err != nil {
			t.Fatal(err)
		}
		ids := make([]cid.Cid, len(blocks))
		for i, b := range blocks {
			ids[i] = b.CID()
		}
		next := castest.Node(10, head.CID())
		commit := int64(5) // begin, lock, ref, blocks, commit
		if strings.HasPrefix(url, "postgres:") {
			commit = 1
		}
		for _, step := range []struct {
			what string
			want int64
			do   func() error
		}{
			{"Get", 1, func() error { _, err := s.Get(t.Context(), ids[0]); return err }},
			{"GetMany of 64", 1, func() error { return s.GetMany(t.Context(), ids, func(int, cas.Block, error) {}) }},
			{"HasMany of 64", 1, func() error { _, err := s.HasMany(t.Context(), ids); return err }},
			{"Ref", 1, func() error { _, err := s.Ref(t.Context(), "heads/main"); return err }},
			{"Begin", 0, func() error { s.Begin(); return nil }},
			{"Turn without a crowd", 0, func() error { turn(t.Context(), s)(); return nil }},
			{"Commit", commit, func() error {
				return s.Commit(t.Context(), []cas.Block{next}, "heads/main", head.CID(), next.CID())
			}},
		} {
			before := s.Queries()
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			if n := s.Queries() - before; n != step.want {
				t.Errorf("%s asks the database %d times, want %d", step.what, n, step.want)
			}
		}
	})
}

// Nothing of a store goes on after Close.
func TestNothingIsLeft(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		before := goleak.IgnoreCurrent()
		s, err := cassql.Create(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		a := castest.Raw(1)
		put(t, s, a)
		for range 2 { // a conflict makes a crowd
			_ = s.SetRef(t.Context(), "heads/main", cid.Undef, a.CID())
		}
		if _, err := s.Pin(t.Context(), a.CID()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_ = s.Notify(ctx, make(chan struct{}))
		turn(ctx, s)()
		for range s.All(ctx) {
			break
		}
		short, stop := context.WithTimeout(ctx, time.Microsecond)
		_, _ = s.Get(short, a.CID())
		stop()
		cancel()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		goleak.VerifyNone(t, before)
	})
}

// A watcher of PostgreSQL is told at once, also after its connection was lost.
func TestNotify(t *testing.T) {
	server := servers.Postgres(t)
	url := server.Database(t)
	s, other := create(t, url), open(t, url)
	moved := make(chan struct{}, 1)
	if err := s.Notify(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	head := cid.Undef
	commit := func(n uint64) {
		t.Helper()
		b := castest.Raw(n)
		if err := other.Commit(t.Context(), []cas.Block{b}, "heads/main", head, b.CID()); err != nil {
			t.Fatal(err)
		}
		head = b.CID()
	}
	commit(1)
	commit(2)
	select {
	case <-moved:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody told of the commit")
	}
	if err := server.Do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"); err != nil {
		t.Fatal(err)
	}
	for n := uint64(3); ; n++ { // what moves before it listens again is missed
		commit(n)
		select {
		case <-moved:
			return
		case <-time.After(300 * time.Millisecond):
		}
		if n > 40 {
			t.Fatal("it did not listen again")
		}
	}
}

// turn waits for a turn at the ref of these tests.
func turn(ctx context.Context, s *cassql.Store) (done func()) {
	done, _ = s.Turn(ctx, "heads/main")
	return done
}

// Writers that were overtaken stand in line, and one that gives up is in nobody's way.
func TestTurns(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s, other := create(t, url), open(t, url)
		a := castest.Raw(1)
		put(t, s, a)
		for _, store := range []*cassql.Store{s, other, s} { // the last two are overtaken
			_ = store.SetRef(t.Context(), "heads/main", cid.Undef, a.CID())
		}
		first := turn(t.Context(), s)
		got := make(chan func())
		go func() { got <- turn(context.WithoutCancel(t.Context()), other) }()
		select {
		case <-got:
			t.Fatal("it did not wait")
		case <-time.After(100 * time.Millisecond):
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		turn(ctx, other)()
		first()
		select {
		case done := <-got:
			done()
		case <-time.After(10 * time.Second):
			t.Fatal("its turn did not come")
		}
	})
}

// A writer that went ahead without a turn is told when another has one, and stands in line from then on.
func TestLineIsSeen(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s, newcomer := create(t, url), open(t, url)
		a, b := castest.Raw(1), castest.Raw(2)
		put(t, s, a)
		for range 2 { // the second is overtaken
			_ = s.SetRef(t.Context(), "heads/main", cid.Undef, a.CID())
		}
		done, held := s.Turn(t.Context(), "heads/main")
		if !held {
			t.Fatal("who was overtaken has no turn")
		}
		if err := newcomer.Commit(t.Context(), []cas.Block{b}, "heads/main", a.CID(), b.CID()); err != nil {
			t.Fatal(err)
		}
		got := make(chan bool)
		go func() {
			done, held := newcomer.Turn(context.WithoutCancel(t.Context()), "heads/main")
			done()
			got <- held
		}()
		select {
		case <-got:
			t.Fatal("it did not wait")
		case <-time.After(100 * time.Millisecond):
		}
		done()
		if !<-got {
			t.Error("its turn did not come")
		}
	})
}

// The sizes of many blocks are asked for at once.
func TestSizes(t *testing.T) {
	forEach(t, func(t *testing.T, url string) {
		s := create(t, url)
		blocks := castest.Graph(1, 600)
		put(t, s, blocks[1:]...)
		ids := []cid.Cid{cid.Undef}
		for _, b := range blocks {
			ids = append(ids, b.CID())
		}
		before := s.Queries()
		sizes, err := cas.SizesOf(t.Context(), s, ids)
		if asked := s.Queries() - before; err != nil || len(sizes) != len(ids) || asked != 2 {
			t.Fatalf("%d sizes of %d, %v, asked for %d times", len(sizes), len(ids), err, asked)
		}
		for i, size := range sizes {
			if (size < 0) != (i < 2) {
				t.Errorf("block %d has %d bytes", i, size)
			}
		}
		one, err := s.Size(t.Context(), ids[7])
		if err != nil || one != sizes[7] || one < 36 {
			t.Errorf("Size = %d, %v, want %d", one, err, sizes[7])
		}
		if _, err := s.Size(t.Context(), ids[1]); !errors.Is(err, cas.ErrNotFound) {
			t.Errorf("Size of what is not there: %v", err)
		}
	})
}
