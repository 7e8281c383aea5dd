package engine

import (
	"context"
	"slices"
)

// naming brings the names index of a state up to date with its datoms.
type naming struct {
	old, new *state
	changes  folded
	touched  map[ID]touch // whose entry may change
	moved    []ID         // whose home did change, rising
	homes    map[ID]homeAt
	was      map[ID]Home   // where those that may have moved lived
	shown    map[ID]uint64 // since when what they point at lives where it does, of those that moved; nil where nobody wants to know
}

// touch is why an entity's entry may change.
type touch struct {
	moves    bool // its home may be another
	now, was rows // its changes
}

// rows is a range of rows.
type rows struct{ from, to int }

// editNames edits the names of all entities whose directory shows something else
// than in old, given the changes since.
func (s *state) editNames(ctx context.Context, old *state, f folded) error {
	n := &naming{old: old, new: s, changes: f, touched: map[ID]touch{}, homes: map[ID]homeAt{}, was: map[ID]Home{}}
	n.touchChanged()
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

// touchChanged marks the entities of changed datoms, which come one after another.
func (n *naming) touchChanged() {
	var last *Datom
	for i := range n.changes.now {
		d := &n.changes.now[i]
		t := n.touched[d.E]
		if last == nil || last.E != d.E {
			t.now.from = i
		}
		t.now.to = i + 1
		n.touch(d, t)
		last = d
	}
	last = nil
	for i := range n.changes.was {
		d := &n.changes.was[i]
		t := n.touched[d.E]
		if last == nil || last.E != d.E {
			t.was.from = i
		}
		t.was.to = i + 1
		n.touch(d, t)
		last = d
	}
}

func (n *naming) touch(d *Datom, t touch) {
	if _, isTx := TxOf(d.E); isTx {
		return
	}
	t.moves = t.moves || n.identifies(d.A) || n.old.isAttribute(d.E) != n.new.isAttribute(d.E)
	n.touched[d.E] = t
}

// isNew tells whether all that there is of e is among the changes.
func (n *naming) isNew(e ID) bool { return n.old.next != 0 && e >= n.old.next && e < dbPart }

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
		if err := n.touchAll(ctx, a.aevt.now, moves); err != nil {
			return err
		}
		// Since when an entity lives where it does depends on identities that it no longer has.
		if !moves {
			continue
		}
		if err := n.touchAll(ctx, a.aevt.was, moves); err != nil {
			return err
		}
	}
	return nil
}

// touchAll marks all entities of a tree in AEVT order.
func (n *naming) touchAll(ctx context.Context, aevt tree, moves bool) error {
	if aevt.n == 0 {
		return nil
	}
	for run, err := range aevt.Scan(ctx, nil, nil) {
		if err != nil {
			return err
		}
		for _, e := range run.Leaf.(*datomLeaf).E {
			t := n.touched[e]
			t.moves = t.moves || moves
			n.touched[e] = t
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
	var ids []ID
	for e, t := range n.touched {
		if t.moves {
			ids = append(ids, e)
		}
	}
	slices.Sort(ids)
	before, after := make([]homeAt, len(ids)), make([]homeAt, len(ids))
	err := inShares(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		if before[i], err = n.homeBefore(ctx, ids[i]); err == nil {
			after[i], err = n.homeAfter(ctx, ids[i])
		}
		return err
	})
	for i, e := range ids {
		n.homes[e], n.was[e] = after[i], before[i].Home
		if before[i] != after[i] {
			n.moved = append(n.moved, e)
		}
	}
	return err
}

func (n *naming) homeBefore(ctx context.Context, e ID) (homeAt, error) {
	if n.isNew(e) {
		return homeAt{Home: idHome(e)}, nil
	}
	return n.old.homeOf(ctx, e)
}

func (n *naming) homeAfter(ctx context.Context, e ID) (homeAt, error) {
	if !n.isNew(e) || !n.new.isNamed(e) {
		return n.new.homeOf(ctx, e)
	}
	now, was := n.load(e, nil)
	return n.new.homeBy(e, now, was), nil
}

// load is all that there is of an entity that is new. It appends to dst.
func (n *naming) load(e ID, dst []Datom) (now, was []Datom) {
	t := n.touched[e]
	for _, d := range n.changes.now[t.now.from:t.now.to] {
		if d.Added {
			dst = append(dst, d)
		}
	}
	return dst, n.changes.was[t.was.from:t.was.to]
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
			_, moved := slices.BinarySearch(n.moved, leaf.V[i].Ref())
			if _, known := n.touched[leaf.E[i]]; moved && !known {
				n.touched[leaf.E[i]] = touch{}
			}
			if moved && n.shown != nil {
				n.shown[leaf.E[i]] = max(n.shown[leaf.E[i]], n.homes[leaf.V[i].Ref()].since)
			}
		}
	}
	return nil
}
