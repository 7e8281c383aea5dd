package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// lateChanges are what steps amount to, in EAVT order: changes of what is now, which of them concern datoms that are there,
// and what is added to what was. An assertion of T 0 there is one of the trees before, of which nobody has looked up since when it was there.
type lateChanges struct {
	folded
	steps []step
	there []bool
	wrong bool // something is added twice, or retracted twice

	split  sync.Once
	byAttr []attrChanges
}

// lateFold is fold without reading since when what is retracted was there.
func lateFold(from *state, steps []step, schemas []*Schema) *lateChanges {
	c := &lateChanges{steps: steps}
	ops := from.ops(steps, schemas)
	for len(ops) > 0 {
		n := 1
		for n < len(ops) && compareDatoms(&ops[0].Datom, &ops[n].Datom) == 0 {
			n++
		}
		c.fold(ops[:n])
		ops = ops[n:]
	}
	return c
}

// fold adds what the ops on one datom amount to.
func (c *lateChanges) fold(ops []op) {
	there := !ops[0].Added
	last, held, since := ops[len(ops)-1].Datom, there, uint64(0)
	for _, o := range ops {
		c.wrong = c.wrong || o.Added == held
		if !o.Added && held && o.kept {
			added := o.Datom
			added.T, added.Added = since, true
			c.was = append(c.was, added, o.Datom)
		}
		held, since = o.Added, o.T
	}
	if held || there {
		c.now, c.there = append(c.now, last), append(c.there, there)
	}
}

// memory is about how many bytes they take, those of the steps with them.
func (c *lateChanges) memory() (n int64) {
	const datom = int64(unsafe.Sizeof(Datom{}))
	for _, s := range c.steps {
		for i := range s.datoms {
			n += datom + int64(s.datoms[i].V.MemBytes())
		}
	}
	return n + datom*int64(cap(c.now)+cap(c.was))
}

// attributes are the changes by attribute.
func (c *lateChanges) attributes() []attrChanges {
	c.split.Do(func() { c.byAttr = c.byAttribute() })
	return c.byAttr
}

// of are the changes of an attribute.
func (c *lateChanges) of(a ID) picked {
	all := c.attributes()
	i, ok := slices.BinarySearchFunc(all, a, func(x attrChanges, a ID) int { return compareAttrs(x.id, a) })
	if !ok {
		return picked{}
	}
	return all[i].rows
}

// lateTrees makes trees of which the edits are put off.
type lateTrees struct {
	*late
	changes *lateChanges
	short   bool // a tree would have less than nothing
}

// all are the trees after the changes. Names are not among them.
func (w *lateTrees) all(before *state) trees {
	var edited []attrTrees
	for _, change := range w.changes.attributes() {
		a, ok := before.trees.attr(change.id)
		if !ok {
			a = emptyAttr(before.env.nodes, change.id)
		}
		a.aevt = w.pair(a.aevt, lateTree{order: AEVT, attr: a.id}, change.rows)
		a.avet = w.pair(a.avet, lateTree{order: AVET, attr: a.id}, change.rows)
		edited = append(edited, a)
	}
	return trees{
		eavt:  w.pair(before.trees.eavt, lateTree{order: EAVT}, w.changes.everything()),
		attrs: mergeAttrs(before.trees.attrs, edited),
	}
}

// lateTree is which tree it is.
type lateTree struct {
	order Index
	attr  ID // 0 in EAVT
	was   bool
}

// pair is a pair after the changes of rows.
func (w *lateTrees) pair(p pair, of lateTree, rows picked) pair {
	datoms, there := w.changes.now, w.changes.there
	if now := inOrder(of.order, rows.now, datoms); len(now) > 0 {
		n := int64(p.now.n)
		for _, i := range now {
			switch {
			case !datoms[i].Added:
				n--
			case !there[i]:
				n++
			}
		}
		w.short = w.short || n < 0
		p.now = w.tree(p.now, of, uint64(n))
	}
	if was := inOrder(of.order, rows.was, w.changes.was); len(was) > 0 {
		of.was = true
		p.was = w.tree(p.was, of, p.was.n+uint64(len(was)))
	}
	return p
}

// tree is a tree with n entries once the edits are made.
func (w *lateTrees) tree(t tree, of lateTree, n uint64) tree {
	l := w.late
	later := index.Later{
		Whole: func(ctx context.Context) (index.Tree, error) {
			s, err := l.settle(ctx)
			if err != nil {
				return index.Tree{}, err
			}
			return of.in(s).Tree, nil
		},
		Made: func() (index.Tree, bool) {
			s := l.made.Load()
			if s == nil {
				return index.Tree{}, false
			}
			l.from.env.lates.use(l)
			return of.in(s).Tree, true
		},
		Bytes: &l.bytes,
		Wrong: l.wrong,
		Edits: func(ctx context.Context) ([]index.Late, error) {
			c, err := l.folded(ctx)
			if err != nil {
				return nil, err
			}
			if of.was {
				return c.additions(of, l.before()), nil
			}
			return c.edits(of), nil
		},
	}
	if of.was {
		later.Complete = func(ctx context.Context, edits []index.Late) ([]index.Late, error) { return l.complete(ctx, of, edits) }
	}
	return tree{Tree: t.Later(later), n: n, name: of.named(l.commit.ID)}
}

// in is that tree of a state.
func (of lateTree) in(s *state) tree {
	p := s.trees.eavt
	if of.order != EAVT {
		a, ok := s.trees.attr(of.attr)
		if !ok {
			a = emptyAttr(s.env.nodes, of.attr)
		}
		if p = a.aevt; of.order == AVET {
			p = a.avet
		}
	}
	if of.was {
		return p.was
	}
	return p.now
}

// named is what the tree is known by: that of a commit holds what it holds.
func (of lateTree) named(commit cid.Cid) cid.Cid {
	return cas.NewBlock(cas.Raw, fmt.Appendf(nil, "%s %d %d %t", commit, of.order, of.attr, of.was)).CID()
}

// rows are the changes of a tree, in its order.
func (c *lateChanges) rows(of lateTree) []int32 {
	rows := c.everything()
	if of.order != EAVT {
		rows = c.of(of.attr)
	}
	if of.was {
		return inOrder(of.order, rows.was, c.was)
	}
	return inOrder(of.order, rows.now, c.now)
}

// edits are those of a tree of what is now.
func (c *lateChanges) edits(of lateTree) []index.Late {
	rows := c.rows(of)
	b := editBatch{edits: make([]index.Edit, 0, len(rows)), bytes: make([]byte, 0, 24*len(rows))}
	edits := make([]index.Late, len(rows))
	for n, i := range rows {
		b.add(datomLayout{order: of.order}, &c.now[i], !c.now[i].Added)
		edits[n] = index.Late{Edit: b.edits[n], New: !c.there[i]}
	}
	return edits
}
