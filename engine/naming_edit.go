package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/engine/index"
)

// nameEdits are the edits of one kind, by name.
type nameEdits map[string]index.Edit

// edits works out the entries of all touched entities.
func (n *naming) edits(ctx context.Context) (map[string]nameEdits, error) {
	touched := slices.Sorted(maps.Keys(n.touched))
	all := make([]named, len(touched))
	namers := sync.Pool{New: func() any { return newNamer(n.new, n) }}
	err := inShares(ctx, len(touched), func(ctx context.Context, i int) (err error) {
		w := namers.Get().(*namer)
		defer namers.Put(w)
		x := &all[i]
		x.id = touched[i]
		x.home, x.entry, x.ok, err = w.entry(ctx, x.id)
		return err
	})
	return n.collect(all), err
}

// named is the outcome for one entity.
type named struct {
	id    ID
	home  Home
	entry nameEntry
	ok    bool // it has an entry now
}

// collect turns the outcomes into edits. What one entity leaves another may take,
// so names are taken after all were left.
func (n *naming) collect(all []named) map[string]nameEdits {
	edits := map[string]nameEdits{}
	put := func(h Home, e index.Edit) {
		if edits[h.Kind] == nil {
			edits[h.Kind] = nameEdits{}
		}
		e.Key = []byte(h.Name)
		edits[h.Kind][h.Name] = e
	}
	for _, x := range all {
		if was, ok := n.was[x.id]; ok && was != x.home && !n.isNew(x.id) {
			put(was, index.Edit{Delete: true})
		}
		if !x.ok {
			put(x.home, index.Edit{Delete: true})
		}
	}
	for _, x := range all {
		if x.ok {
			put(x.home, index.Edit{Val: x.entry.appendTo(nil)})
		}
	}
	return edits
}

// editKinds makes the edits and drops kinds that became empty.
func (s *state) editKinds(ctx context.Context, edits map[string]nameEdits) error {
	kinds := slices.Clone(s.trees.names)
	for kind, byName := range edits {
		i, ok := slices.BinarySearchFunc(kinds, kind, func(x kindTree, k string) int { return cmp.Compare(x.kind, k) })
		if !ok {
			kinds = slices.Insert(kinds, i, kindTree{kind: kind, tree: tree{Tree: index.Empty(s.env.nodes, nameLayout{})}})
		}
		if err := kinds[i].edit(ctx, byName); err != nil {
			return err
		}
	}
	s.trees.names = slices.DeleteFunc(kinds, func(k kindTree) bool { return k.tree.n == 0 })
	return nil
}

func (k *kindTree) edit(ctx context.Context, byName nameEdits) (err error) {
	edits := make([]index.Edit, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		edits = append(edits, byName[name])
	}
	if k.tree, err = k.tree.edit(ctx, edits); err != nil || k.tree.n == 0 {
		return err
	}
	k.newest, err = k.tree.Max(ctx, nil, nil)
	return err
}
