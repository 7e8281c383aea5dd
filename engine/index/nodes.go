package index

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/maypok86/otter/v2"
)

// Nodes reads nodes and keeps decoded ones by CID, within a limit of bytes.
// Nothing in it is ever invalidated: a CID always means the same node.
type Nodes struct {
	from  cas.Getter
	batch cas.Batcher                  // nil when nothing is read ahead
	cache *otter.Cache[cid.Cid, *node] // nil when nothing may be kept
	hit   func(context.Context)        // nil when nobody wants to know
}

// OnHit has f called each time that a node is found in memory. Only before anything is read.
func (n *Nodes) OnHit(f func(context.Context)) { n.hit = f }

// ReadAhead has scans ask b, which reads from the same store, for many nodes at once. Only before anything is read.
func (n *Nodes) ReadAhead(b cas.Batcher) { n.batch = b }

// NewNodes reads from g and keeps up to cacheBytes of decoded nodes.
func NewNodes(g cas.Getter, cacheBytes int64) *Nodes {
	n := &Nodes{from: g}
	if cacheBytes > 0 {
		n.cache = otter.Must(&otter.Options[cid.Cid, *node]{
			MaximumWeight: uint64(cacheBytes),
			Weigher:       func(_ cid.Cid, d *node) uint32 { return uint32(d.bytes()) },
		})
	}
	return n
}

// load returns the node that r points at.
func (n *Nodes) load(ctx context.Context, l Layout, r ref) (*node, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if r.fresh != nil {
		return r.fresh.node, nil
	}
	if r.late != nil {
		return n.lateNode(ctx, l, r.late)
	}
	if d, ok := n.kept(r.id); ok && d.kind == l.Kind() {
		if n.hit != nil {
			n.hit(ctx)
		}
		return d, nil
	}
	d, err := n.read(ctx, l, r.id)
	if err != nil {
		return nil, err
	}
	n.keep(r.id, d)
	return d, nil
}

func (n *Nodes) read(ctx context.Context, l Layout, id cid.Cid) (*node, error) {
	b, err := n.from.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("index: read node %s: %w", id, err)
	}
	d, err := decode(l, b.Data())
	if err != nil {
		return nil, corrupt(id, err)
	}
	return d, nil
}

func (n *Nodes) kept(id cid.Cid) (*node, bool) {
	if n.cache == nil {
		return nil, false
	}
	return n.cache.GetIfPresent(id)
}

func (n *Nodes) keep(id cid.Cid, d *node) {
	if n.cache != nil {
		n.cache.Set(id, d)
	}
}

// corrupt says that the block named id is not a node that belongs where it was found.
func corrupt(id cid.Cid, err error) error {
	return fmt.Errorf("index: %w", &cas.CorruptError{CID: id, Reason: err.Error()})
}
