package engine

import (
	"context"
	"sync/atomic"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Reads counts what is read from a store and not found in a cache.
type Reads struct {
	Blocks atomic.Int64
	Bytes  atomic.Int64 // of the blocks, as they are decoded
	Cached atomic.Int64 // of the blocks: those that a cache on disk had
	Nodes  atomic.Int64 // that the cache in memory had, decoded, and which are no blocks that were read
}

type readsKey struct{}

// CountReads makes all that is read under the context count in r.
func CountReads(ctx context.Context, r *Reads) context.Context {
	return cas.CountCached(context.WithValue(ctx, readsKey{}, r), &r.Cached)
}

// readsOf is where reads under ctx are counted; nil where they are not.
func readsOf(ctx context.Context) *Reads {
	r, _ := ctx.Value(readsKey{}).(*Reads)
	return r
}

// counted is a store whose reads count.
type counted struct {
	cas.Getter
	batch cas.Batcher // the store below where it is one
}

func (c counted) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := c.Getter.Get(ctx, id)
	c.count(ctx, b, err)
	if err != nil {
		err = explained(ctx, c.Getter, id, err)
	}
	return b, err
}

func (c counted) count(ctx context.Context, b cas.Block, err error) {
	if r := readsOf(ctx); r != nil && err == nil {
		r.Blocks.Add(1)
		r.Bytes.Add(int64(len(b.Data())))
	}
}

func countHit(ctx context.Context) {
	if r := readsOf(ctx); r != nil {
		r.Nodes.Add(1)
	}
}

// CountRead counts what a Foreign has read under ctx: a file, as one block.
func CountRead(ctx context.Context, bytes int) {
	if r := readsOf(ctx); r != nil {
		r.Blocks.Add(1)
		r.Bytes.Add(int64(bytes))
	}
}
