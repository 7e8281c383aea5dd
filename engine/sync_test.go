package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"
)

// checkSynced checks that all refs of dst lead to databases that are whole; and that they are those of src, where same.
func checkSynced(t fataler, dst, src *cas.Memory, same bool) {
	t.Helper()
	w := &story{t: t.(storyT), ctx: context.Background(), store: dst}
	w.checkWhole()
	refs, err := dst.Refs(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]cid.Cid{}
	for _, r := range refs {
		if at[r.Name] = r.CID; r.Name == cas.AbsentRef {
			continue
		}
		if _, err := w.fresh(r.CID); err != nil {
			w.t.Fatalf("ref %s was published: %v", r.Name, err)
		}
	}
	refs, err = src.Refs(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refs {
		if same && at[r.Name] != r.CID && r.Name != cas.AbsentRef {
			w.t.Fatalf("ref %s is at %s, want %s", r.Name, at[r.Name], r.CID)
		}
	}
}

// syncStory is a short history in two parts: with nodes that are stored, a large value, a branch that is merged, and a tag.
func syncStory(t storyT) (w *story, first *cas.Memory) {
	w = startStory(t, Options{})
	w.must(testSchema)
	w.write(3)
	first = cas.NewMemory()
	if _, err := Sync(w.ctx, first, w.store, SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	w.must(`[{:person/id "p1" :person/name "` + strings.Repeat("long ", 500) + `"}]`)
	side := w.fork("side")
	side.must(`[{:person/id "q" :person/name "from the side"}]`)
	if _, err := w.commit(`[{:person/id "p2" :person/name "stored"}]`, always); err != nil {
		t.Fatal(err)
	}
	w.mustMerge(side.tip())
	if err := Tag.Create(w.ctx, w.store, "v1", w.tip()); err != nil {
		t.Fatal(err)
	}
	w.write(1)
	return w, first
}

func cloneMemory(t fataler, s *cas.Memory) *cas.Memory {
	t.Helper()
	ctx, again := context.Background(), cas.NewMemory()
	refs, err := s.Refs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refs {
		if _, err := cas.CopyAll(ctx, again, s, []cid.Cid{r.CID}, absent, nil); err != nil {
			t.Fatal(err)
		}
		if err := again.SetRef(ctx, r.Name, cid.Undef, r.CID); err != nil {
			t.Fatal(err)
		}
	}
	return again
}

// Cut at any operation of source or target, a sync leaves a target whose refs lead to whole databases, and the next sync completes it.
func TestSyncCut(t *testing.T) {
	w, first := syncStory(t)
	for name, start := range map[string]*cas.Memory{"clone": cas.NewMemory(), "sync": first} {
		for _, side := range []string{"source", "target", "far target"} {
			t.Run(name+"/"+side, func(t *testing.T) {
				castest.EachFault(t, func(t *testing.T, f castest.Fault) *castest.Faulty {
					dst := cloneMemory(t, start)
					var to, from cas.RefStore = dst, w.store
					var faulty *castest.Faulty
					if side == "source" {
						faulty = castest.NewFaulty(w.store, f)
						from = faulty
					} else {
						faulty = castest.NewFaulty(dst, f)
						to = faulty
					}
					if side == "far target" {
						to = castest.Batching(faulty)
					}
					_, err := Sync(t.Context(), to, from, SyncOptions{})
					if err != nil && !errors.Is(err, castest.ErrFault) {
						t.Fatalf("the sync failed with %v", err)
					}
					if err == nil && faulty.Met() {
						t.Error("the sync did not notice the fault")
					}
					checkSynced(t, dst, w.store, err == nil)
					if _, err := Sync(t.Context(), dst, w.store, SyncOptions{}); err != nil {
						t.Fatal(err)
					}
					checkSynced(t, dst, w.store, true)
					return faulty
				})
			})
		}
	}
}

// Of a history that both have, the transactions since travel and nothing else.
func TestSyncSendsTransactions(t *testing.T) {
	w, first := syncStory(t)
	src := castest.NewCounting(w.store)
	done, err := Sync(t.Context(), first, src, SyncOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	src.Take()
	again, err := Sync(t.Context(), first, src, SyncOptions{})
	if err != nil || again.Sent != done.Sent {
		t.Errorf("sent %+v, %v; a dry run said %+v", again, err, done)
	}
	if done.Transactions != 5 || done.Blocks != 11 {
		t.Errorf("%d transactions in %d blocks, want 5 in 11", done.Transactions, done.Blocks)
	}
	if n := src.Take(); n.BlocksRead > 17 {
		t.Errorf("read %s", n)
	}
	checkSynced(t, first, w.store, true)
	if again, err = Sync(t.Context(), first, src, SyncOptions{}); err != nil || again.Sent != (Sent{}) || src.Take().BlocksRead != 0 {
		t.Errorf("a second sync sent %+v, %v", again, err)
	}
}

// Random histories that are synced now and then, with purges, branches and stored nodes at any point, in both directions.
func TestSyncOfRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newStory(t)
		w.mayPurge = true
		near, far := cas.NewMemory(), cas.NewMemory()
		for range rapid.IntRange(1, 4).Draw(t, "syncs") {
			for range rapid.IntRange(0, 6).Draw(t, "transactions") {
				w.change()
			}
			for _, to := range []cas.RefStore{near, castest.Batching(far)} { // transactions are done again, and nodes copied
				if _, err := Sync(w.ctx, to, w.store, SyncOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			checkSynced(t, near, w.store, true)
			checkSynced(t, far, w.store, true)
		}
		back := cas.NewMemory()
		if _, err := Sync(w.ctx, back, castest.Batching(near), SyncOptions{}); err != nil {
			t.Fatal(err)
		}
		checkSynced(t, back, w.store, true)
	})
}

func TestSyncDiverged(t *testing.T) {
	w, first := syncStory(t)
	ours := &story{t: t, ctx: w.ctx, store: first, clock: w.clock}
	var err error
	if ours.conn, err = Connect(w.ctx, first, "main"); err != nil {
		t.Fatal(err)
	}
	shared := ours.tip()
	ours.must(`[{:person/id "o" :person/name "only here"}]`)
	mine := ours.tip()
	done, err := Sync(w.ctx, first, w.store, SyncOptions{})
	var diverged *DivergedError
	if !errors.As(err, &diverged) || !errors.Is(err, cas.ErrConflict) || len(diverged.Refs) != 1 {
		t.Fatalf("%v", err)
	}
	want := SyncedRef{Name: "heads/main", Outcome: RefDiverged, Source: w.tip(), Target: mine, Base: shared}
	if diverged.Refs[0] != want {
		t.Errorf("%+v, want %+v", diverged.Refs[0], want)
	}
	for _, id := range []cid.Cid{w.tip(), mine, shared} {
		if !strings.Contains(err.Error(), id.String()) {
			t.Errorf("%v does not name %s", err, id)
		}
	}
	if ours.tip() != mine || len(done.Refs) != 3 {
		t.Errorf("main was moved, or of other refs nothing was said: %+v", done.Refs)
	}
	if id, err := first.Ref(w.ctx, "tags/v1"); err != nil || !id.Defined() {
		t.Errorf("the tag was not copied: %v", err)
	}

	// What the target has more of is left alone, and sent the other way.
	more, err := Sync(w.ctx, w.store, first, SyncOptions{Refs: []string{"v1"}})
	if err != nil || len(more.Refs) != 1 || more.Refs[0].Outcome != RefSame {
		t.Errorf("%+v, %v", more, err)
	}
	if _, err = Sync(w.ctx, first, w.store, SyncOptions{Force: true}); err != nil || ours.tip() != w.tip() {
		t.Errorf("forced: %v", err)
	}
	checkSynced(t, first, w.store, true)
	ours.must(`[{:person/id "o" :person/name "only here"}]`)
	ahead, err := Sync(w.ctx, first, w.store, SyncOptions{Refs: []string{"heads/main"}})
	if err != nil || ahead.Refs[0].Outcome != RefAhead {
		t.Errorf("%+v, %v", ahead, err)
	}
}

func TestSyncRefs(t *testing.T) {
	w, first := syncStory(t)
	if _, err := Sync(w.ctx, first, w.store, SyncOptions{Refs: []string{"nowhere"}}); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("a ref that there is not: %v", err)
	}
	if err := Branch.Create(w.ctx, first, "old", w.roots[2].Commit()); err != nil {
		t.Fatal(err)
	}
	outcome := func(o SyncOptions) (all string) {
		done, err := Sync(w.ctx, first, w.store, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range done.Refs {
			all += fmt.Sprintf("%s %s, ", r.Name, r.Outcome)
		}
		return all
	}
	for _, c := range []struct {
		o    SyncOptions
		want string
	}{
		{SyncOptions{DryRun: true, Prune: true}, "heads/main forward, heads/old removed, heads/side new, tags/v1 new, "},
		{SyncOptions{Refs: []string{"side", "v1", "heads/side"}}, "heads/side new, tags/v1 new, "},
		{SyncOptions{}, "heads/main forward, heads/old kept, heads/side same, tags/v1 same, "},
		{SyncOptions{Refs: []string{"side:theirs", "heads/side:heads/main"}}, "heads/main ahead, heads/theirs new, "},
		{SyncOptions{Refs: []string{"main:theirs"}}, "heads/theirs forward, "},
		{SyncOptions{Prune: true, Refs: []string{"theirs"}}, "heads/theirs removed, "},
		{SyncOptions{Prune: true, Refs: []string{"main"}}, "heads/main same, "},
		{SyncOptions{Prune: true}, "heads/main same, heads/old removed, heads/side same, tags/v1 same, "},
		{SyncOptions{Prune: true}, "heads/main same, heads/side same, tags/v1 same, "},
	} {
		if got := outcome(c.o); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
	checkSynced(t, first, w.store, true)
	moved := w.roots[1].Commit()
	if err := first.SetRef(w.ctx, "tags/v1", must(first.Ref(w.ctx, "tags/v1")), moved); err != nil {
		t.Fatal(err)
	}
	if _, err := Sync(w.ctx, first, w.store, SyncOptions{}); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("a tag that is elsewhere: %v", err)
	}
	other := startStory(t, Options{NoHistory: true})
	if done, err := Sync(w.ctx, other.store, w.store, SyncOptions{Refs: []string{"main"}}); !errors.Is(err, cas.ErrConflict) || done.Refs[0].Outcome != RefUnrelated {
		t.Errorf("an unrelated database: %+v, %v", done, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What a gc of the source has dropped is not looked for, and known to be missing in the target too.
func TestSyncOfWhatGCLeft(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(20)
	old := cloneMemory(t, w.store)
	w.write(68)
	whole := cloneMemory(t, w.store)
	w.write(2)
	w.gc(Retention{Last: 5})
	if absent, err := cas.ReadAbsent(w.ctx, w.store); err != nil || len(absent) == 0 {
		t.Fatalf("nothing is missing: %v", err)
	}
	part := cas.NewMemory()
	for _, dst := range []*cas.Memory{part, whole} {
		if _, err := Sync(w.ctx, dst, w.store, SyncOptions{}); err != nil {
			t.Fatal(err)
		}
		checkSynced(t, dst, w.store, true)
	}
	if _, err := must(Open(w.ctx, part, w.tip())).AsOf(w.ctx, 30); !errors.Is(err, ErrPruned) {
		t.Errorf("what was dropped: %v", err)
	}
	if _, err := Sync(w.ctx, old, w.store, SyncOptions{}); !errors.Is(err, cas.ErrConflict) {
		t.Errorf("what comes between was dropped: %v", err)
	}
	w.write(5)
	done, err := Sync(w.ctx, part, w.store, SyncOptions{})
	if err != nil || done.Transactions != 5 {
		t.Errorf("%+v, %v", done, err)
	}
	checkSynced(t, part, w.store, true)
}

// A gc of the target that removes what was sent and not yet published makes the sync begin anew.
func TestGCOvertakesASync(t *testing.T) {
	w, first := syncStory(t)
	for _, start := range []*cas.Memory{cas.NewMemory(), first} {
		dst := overtaken{start, new(atomic.Int64)}
		if _, err := Sync(w.ctx, dst, w.store, SyncOptions{}); err != nil {
			t.Fatal(err)
		}
		checkSynced(t, start, w.store, true)
		if dst.puts.Load() < 2 {
			t.Errorf("%d puts", dst.puts.Load())
		}
	}
}

// A transaction that leads elsewhere than its commit says is found before anything is published.
func TestSyncFindsAWrongRoot(t *testing.T) {
	w, first := syncStory(t)
	before := must(first.Ref(w.ctx, "heads/main"))
	c := w.conn.head.commit
	c.Root = cas.NewBlock(cas.DagCBOR, []byte{0xf6}).CID()
	forged := c.block()
	if err := cas.Commit(w.ctx, w.store, []cas.Block{forged}, "heads/main", w.tip(), forged.CID()); err != nil {
		t.Fatal(err)
	}
	for _, to := range []cas.RefStore{first, castest.Batching(first)} {
		var corrupt *cas.CorruptError
		if _, err := Sync(w.ctx, to, w.store, SyncOptions{}); !errors.As(err, &corrupt) || corrupt.CID != forged.CID() {
			t.Errorf("%v", err)
		}
		if now := must(first.Ref(w.ctx, "heads/main")); now != before {
			t.Errorf("it was published")
		}
	}
}

// A store behind a network that cannot tell what is new by itself is asked for many commits at once, along their jumps.
func TestSinceInFewRounds(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(10)
	base := w.tip()
	w.write(300)
	far := castest.Batching(w.store)
	blocks, err := Since(w.ctx, far, []cid.Cid{w.tip()}, []cid.Cid{base, cas.NewBlock(cas.Raw, nil).CID()})
	if err != nil || len(blocks) != 600 {
		t.Fatalf("%d blocks, %v", len(blocks), err)
	}
	if n := far.Rounds(); n > 40 {
		t.Errorf("300 transactions took %d rounds", n)
	} else {
		t.Logf("300 transactions took %d rounds", n)
	}
	for _, haves := range [][]cid.Cid{nil, {cas.NewBlock(cas.Raw, nil).CID()}} {
		if _, err := Since(w.ctx, far, []cid.Cid{w.tip()}, haves); !errors.Is(err, cas.ErrUnsupported) {
			t.Errorf("nothing in common: %v", err)
		}
	}
	if blocks, err := Since(w.ctx, far, []cid.Cid{base}, []cid.Cid{w.tip()}); err != nil || len(blocks) != 0 {
		t.Errorf("from the newer to the older: %d blocks, %v", len(blocks), err)
	}
}
