package engine

import (
	"context"
	"errors"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine/index"
	"github.com/ipfs/go-cid"
)

// defaultCache is how many bytes of decoded nodes are kept where nobody says.
const defaultCache = 64 << 20

// env is what all values of one store share: where blocks come from, the
// cache of decoded nodes, and what was computed from them.
type env struct {
	cas.Getter
	batch   cas.Batcher // the same; nil where the store gains nothing by it
	nodes   *index.Nodes
	derived *derived
	heal    *healer
	lates   *lates
	carries bool // each commit that is made there has its nodes

	elsewhere Elsewhere // the same, where commits are no blocks; else nil
}

func newEnv(g cas.Getter, cacheBytes int64) *env {
	h := &healer{Getter: g}
	c := counted{h, batcherOf(g)}
	e := &env{Getter: c, heal: h, nodes: index.NewNodes(c, cacheBytes), derived: newDerived(derivedPart * cacheBytes), lates: &lates{limit: cacheBytes / 2}}
	e.nodes.OnHit(countHit)
	if far, ok := cas.As[cas.Carrier](g); ok {
		e.carries = far.CarriesNodes()
	}
	e.elsewhere, _ = cas.As[Elsewhere](g)
	if c.batch != nil {
		e.batch = c
		e.nodes.ReadAhead(c)
	}
	return e
}

// Cached wraps g such that all databases that are opened from the result share
// one cache of up to cacheBytes of decoded nodes, up to five times that of
// what queries compute from them, and half of that of the trees of old commits, which are made for reading. Open gives every database a cache of its own where g is not one of these.
func Cached(g cas.Getter, cacheBytes int64) cas.Getter { return newEnv(g, cacheBytes) }

func envOf(g cas.Getter) *env {
	if e, ok := g.(*env); ok {
		return e
	}
	return newEnv(g, defaultCache)
}

// has tells whether a block is there.
func (e *env) has(ctx context.Context, id cid.Cid) (bool, error) {
	_, err := e.Get(ctx, id)
	if errors.Is(err, cas.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
