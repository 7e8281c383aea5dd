package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// Lists of names of a commit of which transactions are put off need to know which names come and go, and how many there are of each kind. What the directory of an
// entity shows is worked out where somebody comes upon its name. That takes no tree but those of identities and the names of the snapshot, and of these only what was changed.

// lateNames are the names after transactions that were put off.
type lateNames struct {
	kinds   []lateKind      // by kind
	touched map[ID]struct{} // whose directories may show something else than the trees say
}

// lateKind is the names of one kind, and which of them are not as they were.
type lateKind struct {
	commit cid.Cid
	before kindTree
	tree   tree       // with the names that there are; what it tells of those that were touched is not so
	edits  []lateName // rising
}

// lateName is a name that comes, goes, or is that of an entity that shows something else.
type lateName struct {
	name   string
	id     ID
	before bool   // it was there
	after  bool   // it is there
	other  bool   // of another entity than before
	newest uint64 // of what its directory shows, later than all that was there before; 0 is not known
}

// names are those of the commit. They are nil where all trees are to be made to tell: where few transactions are put off, and where attributes show otherwise than before, so
// that names may have changed of which no datom has.
func (l *late) names(ctx context.Context, s *state) (*lateNames, error) {
	if l.short {
		return nil, nil
	}
	l.from.env.lates.use(l)
	if known := l.named.Load(); known != nil {
		return known, nil
	}
	changes, err := l.folded(ctx)
	if err != nil {
		return nil, err
	}
	n := &lateNaming{late: l, changes: changes, naming: naming{
		old: l.from, new: s, changes: changes.folded, touched: map[ID]touch{}, homes: map[ID]homeAt{}, was: map[ID]Home{}, shown: map[ID]uint64{},
	}}
	if n.showsOtherwise() {
		return nil, nil
	}
	names, err := n.kinds(ctx)
	if err != nil {
		return nil, fmt.Errorf("names of commit %s: %w", l.commit.ID, err)
	}
	l.named.Store(names)
	l.bytes.Add(names.memory())
	return names, nil
}

// lateNaming finds the names that are not as they were.
type lateNaming struct {
	naming
	late    *late
	changes *lateChanges
	ids     []ID   // touched, rising
	before  []Home // where they lived
}

// showsOtherwise tells whether an attribute that there was shows otherwise now, or names otherwise.
func (n *lateNaming) showsOtherwise() bool {
	return n.old.schema != n.new.schema && slices.ContainsFunc(n.old.trees.attrs, func(a attrTrees) bool {
		old, _ := n.old.schema.ByID(a.id)
		now, _ := n.new.schema.ByID(a.id)
		return n.namesDifferently(a.id) || old != now && shownDifferently(old, now)
	})
}

func (n *lateNaming) kinds(ctx context.Context) (*lateNames, error) {
	n.touchChanged()
	if err := n.findMoved(ctx); err != nil {
		return nil, err
	}
	if err := n.touchReferrers(ctx); err != nil {
		return nil, err
	}
	maps.DeleteFunc(n.touched, func(e ID, _ touch) bool {
		_, isTx := TxOf(e)
		return isTx
	})
	n.ids = slices.Sorted(maps.Keys(n.touched))
	if err := n.findHomes(ctx); err != nil {
		return nil, err
	}
	all := make([][2]lateName, len(n.ids))
	err := inShares(ctx, len(n.ids), func(ctx context.Context, i int) (err error) {
		all[i], err = n.edits(ctx, i)
		return err
	})
	if err != nil {
		return nil, err
	}
	return n.collect(all)
}

// findHomes finds where all lived before. Those that have none of the identities lived under their ids.
func (n *lateNaming) findHomes(ctx context.Context) error {
	n.before = make([]Home, len(n.ids))
	var rest []int
	for i, e := range n.ids {
		n.before[i] = idHome(e)
		if was, ok := n.was[e]; ok {
			n.before[i] = was
		} else if !n.isNew(e) {
			rest = append(rest, i)
		}
	}
	for _, id := range n.old.ids {
		a, ok := n.old.trees.attr(id.attr.ID)
		if !ok || len(rest) == 0 {
			continue
		}
		key := func(i int) []byte { return appendUint(nil, uint64(n.ids[rest[i]])) }
		a.aevt.now.Ahead(ctx, len(rest), key)
		found := make([]bool, len(rest))
		err := inShares(ctx, len(rest), func(ctx context.Context, i int) error {
			for run, err := range a.aevt.now.Scan(ctx, key(i), prefixEnd(key(i))) {
				if err != nil {
					return err
				}
				n.before[rest[i]], found[i] = id.home(run.Leaf.(*datomLeaf).V[run.Lo]), true
				break
			}
			return nil
		})
		if err != nil {
			return err
		}
		var left []int
		for i, x := range rest {
			if !found[i] {
				left = append(left, x)
			}
		}
		rest = left
	}
	return nil
}

// edits are what becomes of the name that an entity had, and of the one that it has, where that is another.
func (n *lateNaming) edits(ctx context.Context, i int) (all [2]lateName, err error) {
	e := n.ids[i]
	t, was := n.touched[e], n.before[i]
	is := was
	if h, ok := n.homes[e]; ok {
		is = h.Home
	}
	before, after := false, false
	all[0].newest = n.shown[e]
	for j := t.now.from; j < t.now.to; j++ {
		before = before || n.changes.there[j]
		if d := &n.changes.now[j]; d.Added {
			after, all[0].newest = true, max(all[0].newest, d.T)
		}
	}
	for j := t.was.from; j < t.was.to; j++ {
		all[0].newest = max(all[0].newest, n.changes.was[j].T)
	}
	if all[0].newest <= n.late.before() {
		all[0].newest = 0
	}
	unchanged := t.now == rows{} && t.was == rows{} // but for what it points at
	if !n.old.isNamed(e) {
		before = false
	} else if !before && !n.isNew(e) {
		if before, err = n.hadName(ctx, was, unchanged); err != nil {
			return all, err
		}
	}
	if !n.new.isNamed(e) {
		after = false
	} else if after = after || unchanged || is.Kind != noKind; !after && !n.isNew(e) {
		if after, err = n.hasDatoms(ctx, e); err != nil {
			return all, err
		}
	}
	all[0].id, all[0].name = e, is.Name
	all[0].before, all[0].after = before && was == is, after
	if was != is && before {
		all[1] = lateName{name: was.Name, id: e, before: true}
	}
	return all, nil
}

// hadName tells whether an entity of which no datom was taken away existed before.
func (n *lateNaming) hadName(ctx context.Context, was Home, unchanged bool) (bool, error) {
	if unchanged || was.Kind != noKind {
		return true, nil
	}
	k, ok := n.old.trees.findKind(noKind)
	if !ok {
		return false, nil
	}
	_, ok, err := n.old.trees.names[k].tree.Get(ctx, []byte(was.Name))
	return ok, err
}

// hasDatoms tells whether there is anything of an entity after the transactions.
func (n *lateNaming) hasDatoms(ctx context.Context, e ID) (bool, error) {
	lo := appendUint(nil, uint64(e))
	count, err := n.new.trees.eavt.now.Count(ctx, lo, prefixEnd(lo))
	return count > 0, err
}

// collect makes the kinds.
func (n *lateNaming) collect(all [][2]lateName) (*lateNames, error) {
	byKind := map[string][]lateName{}
	for _, k := range n.old.trees.names {
		byKind[k.kind] = nil
	}
	names := &lateNames{touched: make(map[ID]struct{}, len(all))}
	for i, two := range all {
		names.touched[n.ids[i]] = struct{}{}
		is := n.before[i].Kind
		if h, ok := n.homes[n.ids[i]]; ok {
			is = h.Kind
		}
		for j, kind := range []string{is, n.before[i].Kind} {
			if x := two[j]; x.before || x.after {
				byKind[kind] = append(byKind[kind], x)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		k, err := n.kind(kind, byKind[kind])
		if err != nil {
			return nil, err
		}
		if k.tree.n > 0 {
			names.kinds = append(names.kinds, k)
		}
	}
	return names, nil
}

// kind is the names of one kind after edits.
func (n *lateNaming) kind(kind string, edits []lateName) (lateKind, error) {
	slices.SortFunc(edits, func(a, b lateName) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(bit(a.after, 1), bit(b.after, 1)))
	})
	k := lateKind{commit: n.late.commit.ID, before: kindTree{kind: kind, tree: tree{Tree: index.Empty(n.old.env.nodes, nameLayout{})}}}
	if i, ok := n.old.trees.findKind(kind); ok {
		k.before = n.old.trees.names[i]
	}
	count := int64(k.before.tree.n)
	for _, e := range edits {
		count += int64(bit(e.after, 1)) - int64(bit(e.before, 1))
		if last := len(k.edits) - 1; last >= 0 && k.edits[last].name == e.name { // one leaves it and another takes it
			e.before, e.other = e.before || k.edits[last].before, true
			k.edits[last] = e
		} else {
			k.edits = append(k.edits, e)
		}
	}
	if count < 0 {
		return k, n.late.wrong("more names go than there were")
	}
	k.tree = tree{Tree: k.before.tree.Tree, n: uint64(count)}
	if made := k.made(); len(made) > 0 {
		k.tree.Tree = k.tree.Later(index.Later{
			Edits: func(context.Context) ([]index.Late, error) { return made, nil },
			Bytes: &n.late.bytes,
			Wrong: n.late.wrong,
		})
	}
	return k, nil
}
