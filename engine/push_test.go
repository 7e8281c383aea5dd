package engine

import (
	"testing"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/castest"
	"github.com/ipfs/go-cid"
)

// A store behind a network that computes nothing is sent transactions, and nodes of what heads are opened from, and is asked for no block.
func TestPushSendsTransactions(t *testing.T) {
	w := startStory(t, Options{})
	w.must(testSchema)
	w.write(40)
	first := cas.NewMemory()
	sync := func(dst cas.RefStore, o SyncOptions) Synced {
		t.Helper()
		done, err := Sync(w.ctx, dst, w.store, o)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	sync(first, SyncOptions{})
	copied := cloneMemory(t, first)
	w.write(300) // five snapshots
	counted := castest.NewCounting(first)
	planned := sync(castest.Batching(counted), SyncOptions{DryRun: true})
	counted.Take()
	done := sync(castest.Batching(counted), SyncOptions{})
	if done.Transactions != 300 || done.Sent != planned.Sent {
		t.Errorf("sent %+v, a dry run said %+v; want 300 transactions", done.Sent, planned.Sent)
	}
	if n := counted.Take(); n.Gets > 1 || n.Has > 0 { // its list of what is missing
		t.Errorf("the target was asked for blocks: %s", n)
	}
	checkSynced(t, first, w.store, true)
	head := must(ReadCommit(w.ctx, first, w.tip()))
	if ok, err := first.Has(w.ctx, head.Base); err != nil || !ok || head.Tail == 0 {
		t.Errorf("what the head of tail %d is opened from: %v, %v", head.Tail, ok, err)
	}
	missing := 0
	for c, err := range Log(w.ctx, first, w.tip()) {
		if err != nil {
			t.Fatal(err)
		}
		if ok := must(first.Has(w.ctx, c.Base)); c.Tail == 0 && !ok {
			missing++
		}
		if c.T%50 == 0 && must(Check(w.ctx, first, c.ID)).Root() != c.Root {
			t.Errorf("t %d leads to another root", c.T)
		}
	}
	if missing != 4 {
		t.Errorf("%d snapshots were left out, want 4 of 5", missing)
	}
	all, err := cas.Copy(w.ctx, copied, w.store, w.tip(), nil)
	if nodes := done.Blocks - 600; err != nil || nodes < 1 || nodes > (all.Blocks-600)/2 {
		t.Errorf("%d nodes were sent, of %d that a copy sends: %v", nodes, all.Blocks-600, err)
	}

	// A line that begins where the snapshot was left out takes along what it is opened from.
	var old cid.Cid
	for c := range Log(w.ctx, w.store, w.tip()) {
		if ok := must(first.Has(w.ctx, c.Base)); !ok && c.Tail == 20 {
			old = c.ID
		}
	}
	if err := Branch.Create(w.ctx, w.store, "old", old); err != nil {
		t.Fatal(err)
	}
	side := &story{t: t, ctx: w.ctx, store: w.store, clock: w.clock, conn: must(Connect(w.ctx, w.store, "old"))}
	side.must(`[{:person/id "p1" :person/name "another past"}]`)
	if _, err := side.commit(`[{:person/id "p2" :person/name "with its nodes"}]`, always); err != nil {
		t.Fatal(err)
	}
	side.must(`[{:person/id "p3" :person/name "and one after it"}]`)
	sync(castest.Batching(first), SyncOptions{})
	checkSynced(t, first, w.store, true)
	w.write(2)
	side.must(`[{:person/id "p4" :person/name "two heads"}]`)
	if done := sync(castest.Batching(first), SyncOptions{}); done.Transactions != 3 {
		t.Errorf("sent %+v, want 3 transactions", done.Sent)
	}
	checkSynced(t, first, w.store, true)
}
