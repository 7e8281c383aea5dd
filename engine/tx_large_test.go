package engine

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/edn"
)

// weighing is a store that looks at how much memory is in use whenever something is put.
type weighing struct {
	cas.RefStore
	puts int
	most uint64
}

func (w *weighing) Put(ctx context.Context, blocks []cas.Block) error {
	least := uint64(math.MaxUint64)
	for range 3 { // what others allocate while the collector runs counts as in use, garbage too
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		least = min(least, m.HeapAlloc)
	}
	w.puts, w.most = w.puts+1, max(w.most, least)
	return w.RefStore.Put(ctx, blocks)
}

// A large transaction stores its nodes before it has made all of them, and holds a few hundred bytes a datom, its
// text and forms included. A million datoms in one process are measured by `make bench`.
func TestLargeTransaction(t *testing.T) {
	ctx := context.Background()
	store := &weighing{RefStore: cas.NewMemory()}
	conn, err := Create(ctx, store, "main", Options{SchemaOnRead: true}, time.Unix(1700000000, 0))
	if err != nil {
		t.Fatal(err)
	}
	const entities, each = 15_000, 4
	var b strings.Builder
	for e := 1; e <= entities; e++ {
		fmt.Fprintf(&b, "{:db/id %d :p/name \"name %d\" :p/age %d :p/score %d :p/city \"city %d\"}\n", e, e, e%100, e*7919, e%500)
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	forms, err := edn.Parse("[" + b.String() + "]")
	if err != nil {
		t.Fatal(err)
	}
	r, err := conn.Transact(ctx, forms.Items(), Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.After.s.trees.eavt.now.n; got < entities*each {
		t.Errorf("%d datoms, want %d", got, entities*each)
	}
	if bytes := int(store.most-before.HeapAlloc) / (entities * each); store.puts < 1 || bytes > 600 {
		t.Errorf("%d batches were stored, with up to %d bytes of memory for each datom", store.puts, bytes)
	}
	if open, err := Open(ctx, store, r.Commit.ID); err != nil || open.Root() != r.After.Root() {
		t.Errorf("the commit opens as %v, %v", open, err)
	}
}
