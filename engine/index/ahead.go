package index

import (
	"context"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// aheadMost is how many nodes a scan asks for at once, which is 256 KiB and as much as is read in vain when it ends there.
const aheadMost = 64

// ahead reads nodes that will be asked for next, all at once, where the store is made for that. It reads twice as many
// each time, since who asks for the first few seldom wants all.
type ahead struct {
	nodes *Nodes
	next  int // how many are read the next time
}

// before makes sure that the child of d at i is there, and reads others up to the one at end with it. step is 1 or −1, the direction
// that the scan goes. What fails is left to whoever asks for that node.
func (a *ahead) before(ctx context.Context, l Layout, d *node, i, end, step int) {
	if a.nodes.batch == nil || a.nodes.cache == nil || !a.nodes.missing(d.subs[i]) {
		return
	}
	a.next = min(max(2*a.next, 1), aheadMost)
	var ids []cid.Cid
	for ; i != end && len(ids) < a.next; i += step {
		if a.nodes.missing(d.subs[i]) {
			ids = append(ids, d.subs[i].stored().id)
		}
	}
	if len(ids) == 1 {
		return // it is read as any other
	}
	a.nodes.fetch(ctx, l, ids, func(cid.Cid, *node) {})
}

// stored is the node that r is made of, as it is stored.
func (r ref) stored() ref {
	if r.late != nil {
		return r.late.of
	}
	return r
}

// missing tells whether a node has to be read.
func (n *Nodes) missing(r ref) bool {
	if r.late != nil && r.late.made.Load() != nil {
		return false
	}
	r = r.stored()
	if r.fresh != nil || r.empty() {
		return false
	}
	_, ok := n.kept(r.id)
	return !ok
}

// Ahead reads the nodes on the ways to n rising keys, a level at a time, where the store is asked for many nodes at once. It does nothing
// elsewhere, and what fails is left to whoever looks one up.
func (t Tree) Ahead(ctx context.Context, n int, key func(i int) []byte) {
	if t.nodes.batch == nil || t.nodes.cache == nil || n < 2 || t.late != nil || t.root.empty() {
		return
	}
	top, err := t.top(ctx)
	if err != nil {
		return
	}
	level := []way{{top, 0, n}}
	for range top.level { // however deep they are, if they are not what they should be
		var next []way
		var ids []cid.Cid
		wanted := map[cid.Cid][]way{} // a node may be in a tree more than once
		for _, w := range level {
			if w.node.level == 0 {
				continue
			}
			for lo := w.lo; lo < w.hi; {
				i, hi := w.node.find(key(lo)), lo+1
				for hi < w.hi && w.node.find(key(hi)) == i {
					hi++
				}
				sub := w.node.subs[i]
				if d, ok := t.nodes.kept(sub.id); ok || sub.fresh != nil {
					if sub.fresh != nil {
						d = sub.fresh.node
					}
					next = append(next, way{d, lo, hi})
				} else {
					if wanted[sub.id] == nil {
						ids = append(ids, sub.id)
					}
					wanted[sub.id] = append(wanted[sub.id], way{nil, lo, hi})
				}
				lo = hi
			}
		}
		t.nodes.fetch(ctx, t.layout, ids, func(id cid.Cid, d *node) {
			for _, w := range wanted[id] {
				next = append(next, way{d, w.lo, w.hi})
			}
		})
		level = next
	}
}

// way is a node on the way to the keys from lo to hi.
type way struct {
	node   *node
	lo, hi int
}

// fetch reads nodes at once and keeps them.
func (n *Nodes) fetch(ctx context.Context, l Layout, ids []cid.Cid, got func(id cid.Cid, d *node)) {
	if len(ids) == 0 {
		return
	}
	_ = n.batch.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
		if err != nil {
			return
		}
		if d, err := decode(l, b.Data()); err == nil {
			n.keep(ids[i], d)
			got(ids[i], d)
		}
	})
}
