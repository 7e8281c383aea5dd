package engine

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"

	"github.com/dhfs/dhfs/engine/index"
	"golang.org/x/sync/errgroup"
)

// naming brings the names index of a state up to date with its datoms.
type naming struct {
	old, new *state
	touched  map[ID]bool // whose entry may change; true where the home may
	moved    []ID        // whose home did change
	was      map[ID]Home // where those that may have moved lived
}

// editNames edits the names of all entities whose directory shows something else
// than in old, given the changes since.
func (s *state) editNames(ctx context.Context, old *state, f folded) error {
	n := &naming{old: old, new: s, touched: map[ID]bool{}, was: map[ID]Home{}}
	n.touch(f)
	if s.schema != old.schema {
		if err := n.touchSchema(ctx); err != nil {
			return err
		}
	}
	if err := n.findMoved(ctx); err != nil {
		return err
	}
	if err := n.touchReferrers(ctx); err != nil {
		return err
	}
	edits, err := n.edits(ctx)
	if err != nil {
		return err
	}
	return s.editKinds(ctx, edits)
}

// touch marks the entities of changed datoms.
func (n *naming) touch(f folded) {
	for i := range f.now {
		n.touchDatom(&f.now[i].Datom)
	}
	for i := range f.was {
		n.touchDatom(&f.was[i])
	}
}

func (n *naming) touchDatom(d *Datom) {
	if _, isTx := TxOf(d.E); !isTx {
		n.touched[d.E] = n.touched[d.E] || n.identifies(d.A) || n.old.isAttribute(d.E) != n.new.isAttribute(d.E)
	}
}

// identifies tells whether the attribute is an identity before or after.
func (n *naming) identifies(a ID) bool {
	_, before := n.old.ids.find(a)
	_, after := n.new.ids.find(a)
	return before || after
}

// touchSchema marks the entities of attributes that are shown differently now.
func (n *naming) touchSchema(ctx context.Context) error {
	for _, a := range n.new.trees.attrs {
		old, _ := n.old.schema.ByID(a.id)
		now, _ := n.new.schema.ByID(a.id)
		moves := n.namesDifferently(a.id)
		if !moves && (old == now || !shownDifferently(old, now)) {
			continue
		}
		for run, err := range a.aevt.now.Scan(ctx, nil, nil) {
			if err != nil {
				return err
			}
			for _, e := range run.Leaf.(*datomLeaf).E {
				n.touched[e] = n.touched[e] || moves
			}
		}
	}
	return nil
}

func (n *naming) namesDifferently(a ID) bool {
	before, was := n.old.ids.find(a)
	after, is := n.new.ids.find(a)
	return was != is || was && !before.names(after)
}

func shownDifferently(a, b *Attribute) bool {
	return a == nil || b == nil || a.Ident != b.Ident || a.Many != b.Many
}

// findMoved works out the homes before and after of those that may have moved.
func (n *naming) findMoved(ctx context.Context) error {
	for e, may := range n.touched {
		if !may {
			continue
		}
		before, err := n.old.homeOf(ctx, e)
		if err != nil {
			return err
		}
		after, err := n.new.homeOf(ctx, e)
		if err != nil {
			return err
		}
		n.was[e] = before.Home
		if before != after {
			n.moved = append(n.moved, e)
		}
	}
	slices.Sort(n.moved)
	return nil
}

// touchReferrers marks the entities that show where a moved one lives.
func (n *naming) touchReferrers(ctx context.Context) error {
	if len(n.moved) == 0 {
		return nil
	}
	for _, a := range n.new.trees.attrs {
		if def, ok := n.new.schema.ByID(a.id); ok && def.Type != RefKind && def.Type != NilKind {
			continue
		}
		if err := n.touchReferrersBy(ctx, a.avet.now); err != nil {
			return err
		}
	}
	return nil
}

// touchReferrersBy looks into one attribute: at all refs between the first and
// the last of the moved when those are few, else at each moved one's.
func (n *naming) touchReferrersBy(ctx context.Context, avet tree) error {
	first, last := Ref(n.moved[0]), Ref(n.moved[len(n.moved)-1])
	between, err := avet.Count(ctx, valuePrefix(first), valueEnd(last))
	if err != nil || between == 0 {
		return err
	}
	if between <= 16*uint64(len(n.moved)) {
		return n.touchRefs(ctx, avet, first, last)
	}
	for _, e := range n.moved {
		if err := n.touchRefs(ctx, avet, Ref(e), Ref(e)); err != nil {
			return err
		}
	}
	return nil
}

// touchRefs marks who points at a moved entity between first and last.
func (n *naming) touchRefs(ctx context.Context, avet tree, first, last Value) error {
	for run, err := range avet.Scan(ctx, valuePrefix(first), valueEnd(last)) {
		if err != nil {
			return err
		}
		leaf := run.Leaf.(*datomLeaf)
		for i := run.Lo; i < run.Hi; i++ {
			if _, moved := slices.BinarySearch(n.moved, leaf.V[i].Ref()); moved {
				n.touched[leaf.E[i]] = n.touched[leaf.E[i]]
			}
		}
	}
	return nil
}

// nameEdits are the edits of one kind, by name.
type nameEdits map[string]index.Edit

// edits works out the entries of all touched entities, on all processors.
func (n *naming) edits(ctx context.Context) (map[string]nameEdits, error) {
	touched := slices.Sorted(maps.Keys(n.touched))
	shares := min(runtime.GOMAXPROCS(0), len(touched)/64+1)
	parts := make([][]named, shares)
	g, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		share := touched[i*len(touched)/shares : (i+1)*len(touched)/shares]
		g.Go(func() (err error) {
			parts[i], err = n.entries(ctx, share)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return n.collect(parts), nil
}

// named is the outcome for one entity.
type named struct {
	id    ID
	home  Home
	entry nameEntry
	ok    bool // it has an entry now
}

func (n *naming) entries(ctx context.Context, ids []ID) ([]named, error) {
	w := newNamer(n.new)
	all := make([]named, len(ids))
	for i, e := range ids {
		home, entry, ok, err := w.entry(ctx, e)
		if err != nil {
			return nil, err
		}
		all[i] = named{e, home, entry, ok}
	}
	return all, nil
}

// collect turns the outcomes into edits. What one entity leaves another may take,
// so names are taken after all were left.
func (n *naming) collect(parts [][]named) map[string]nameEdits {
	edits := map[string]nameEdits{}
	put := func(h Home, e index.Edit) {
		if edits[h.Kind] == nil {
			edits[h.Kind] = nameEdits{}
		}
		e.Key = []byte(h.Name)
		edits[h.Kind][h.Name] = e
	}
	for _, part := range parts {
		for _, x := range part {
			if was, ok := n.was[x.id]; ok && was != x.home {
				put(was, index.Edit{Delete: true})
			}
			if !x.ok {
				put(x.home, index.Edit{Delete: true})
			}
		}
	}
	for _, part := range parts {
		for _, x := range part {
			if x.ok {
				put(x.home, index.Edit{Val: x.entry.appendTo(nil)})
			}
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
