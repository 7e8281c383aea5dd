package index

import (
	"context"
	"fmt"
	"testing"

	"github.com/dhfs/dhfs/cas"
)

// A tree that was opened grows as one that was built does, wherever its last node ends: an opened
// root does not know its size, and becomes the child of a branch unchanged when it ends where a node must.
func TestOpenedTreeGrows(t *testing.T) {
	ctx := context.Background()
	m := model{}
	for i := range 600 {
		store := cas.NewMemory()
		nodes := NewNodes(store, 0)
		before := m.build(t, nodes, plain{kind: 1})
		if _, err := before.Flush(func(b cas.Block) error { return store.Put(ctx, []cas.Block{b}) }); err != nil {
			t.Fatal(err)
		}
		root, err := before.Root()
		check(t, err)
		opened := Open(nodes, plain{kind: 1}, root)
		key, val := fmt.Sprintf("key %06d", i), fmt.Sprint(i)
		after := edited(t, opened, []Edit{{Key: []byte(key), Val: []byte(val)}})
		m[key] = val
		n, err := after.Len(ctx)
		check(t, err)
		if want := m.build(t, nodes, plain{kind: 1}); n != uint64(len(m)) || rootOf(t, after) != rootOf(t, want) {
			t.Fatalf("after entry %d an opened tree has %d entries and another root than a built one", i, n)
		}
	}
}
