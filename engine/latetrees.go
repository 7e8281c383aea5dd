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
// and how many datoms more there are in what was.
type lateChanges struct {
	folded
	steps []step
	there []bool
	was   map[ID]int // by attribute
	out   map[ID]int // those of them whose values are out of line
	wrong bool       // something is added twice, or retracted twice

	split  sync.Once
	byAttr []attrChanges
}

// lateFold is fold without reading since when what is retracted was there.
func lateFold(from *state, steps []step, schemas []*Schema) *lateChanges {
	c := &lateChanges{steps: steps, was: map[ID]int{}, out: map[ID]int{}}
	ops := from.ops(steps, schemas)
	for len(ops) > 0 {
		n := 1
		for n < len(ops) && compareDatoms(&ops[0].Datom, &ops[n].Datom) == 0 {
			n++
		}
		there := !ops[0].Added
		last, held := ops[n-1].Datom, there
		for _, o := range ops[:n] {
			c.wrong = c.wrong || o.Added == held
			if !o.Added && held && o.kept {
				c.was[o.A] += 2
				if o.V.out {
					c.out[o.A] += 2
				}
			}
			held = o.Added
		}
		if held || there {
			c.now, c.there = append(c.now, last), append(c.there, there)
		}
		ops = ops[n:]
	}
	return c
}

// memory is about how many bytes they take, those of the steps with them.
func (c *lateChanges) memory() (n int64) {
	const datom = int64(unsafe.Sizeof(Datom{}))
	for _, s := range c.steps {
		for i := range s.datoms {
			n += datom + int64(s.datoms[i].V.MemBytes())
		}
	}
	return n + datom*int64(cap(c.now))
}

// everywhere are the attributes that anything changes of, with the changes of what is now.
func (c *lateChanges) everywhere() []attrChanges {
	all := c.byAttribute()
	for a := range c.was {
		if !slices.ContainsFunc(all, func(x attrChanges) bool { return x.id == a }) {
			all = append(all, attrChanges{id: a})
		}
	}
	slices.SortFunc(all, func(a, b attrChanges) int { return compareAttrs(a.id, b.id) })
	return all
}

// lateTrees makes trees of which the edits are put off.
type lateTrees struct {
	*late
	changes *lateChanges
	short   bool // a tree would have less than nothing
}

// all are the trees after the changes. Names are not among them.
func (w *lateTrees) all(before *state) trees {
	c := w.changes
	was := 0
	var edited []attrTrees
	for _, change := range c.everywhere() {
		a, ok := before.trees.attr(change.id)
		if !ok {
			a = emptyAttr(before.env.nodes, change.id)
		}
		n := c.was[a.id]
		a.aevt = w.pair(before, a.aevt, lateTree{order: AEVT, attr: a.id}, change.rows.now, n)
		a.avet = w.pair(before, a.avet, lateTree{order: AVET, attr: a.id}, change.rows.now, n-c.out[a.id])
		edited = append(edited, a)
		was += n
	}
	return trees{
		eavt:  w.pair(before, before.trees.eavt, lateTree{order: EAVT}, c.everything().now, was),
		attrs: mergeAttrs(before.trees.attrs, edited),
	}
}

// lateTree is which tree it is.
type lateTree struct {
	order Index
	attr  ID // 0 in EAVT
	was   bool
}

// pair is a pair after the changes of rows, and was more in what was.
func (w *lateTrees) pair(before *state, p pair, of lateTree, rows []int32, was int) pair {
	datoms, there := w.changes.now, w.changes.there
	rows = inOrder(of.order, rows, datoms)
	if len(rows) > 0 {
		n := int64(p.now.n)
		for _, i := range rows {
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
	if was > 0 {
		of.was = true
		p.was = w.tree(p.was, of, p.was.n+uint64(was))
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
	}
	if !of.was {
		later.Edits = func(ctx context.Context) ([]index.Late, error) {
			c, err := l.folded(ctx)
			if err != nil {
				return nil, err
			}
			return c.edits(of), nil
		}
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

// edits are those of a tree of what is now.
func (c *lateChanges) edits(of lateTree) []index.Late {
	rows := c.everything().now
	if of.order != EAVT {
		c.split.Do(func() { c.byAttr = c.byAttribute() })
		i, ok := slices.BinarySearchFunc(c.byAttr, of.attr, func(x attrChanges, a ID) int { return compareAttrs(x.id, a) })
		if !ok {
			return nil
		}
		rows = inOrder(of.order, c.byAttr[i].rows.now, c.now)
	}
	b := editBatch{edits: make([]index.Edit, 0, len(rows)), bytes: make([]byte, 0, 24*len(rows))}
	edits := make([]index.Late, len(rows))
	for n, i := range rows {
		b.add(datomLayout{order: of.order}, &c.now[i], !c.now[i].Added)
		edits[n] = index.Late{Edit: b.edits[n], New: !c.there[i]}
	}
	return edits
}
