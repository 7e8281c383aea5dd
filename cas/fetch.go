package cas

import (
	"context"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

const (
	// fetchers is how many blocks are asked for at once: enough to hide the
	// latency of a remote store, few enough not to swamp it.
	fetchers = 16
	// fetchBatch is how many blocks are held before any of them is handed on.
	fetchBatch = 64
)

// fetched is a block with its links, or why it could not be had.
type fetched struct {
	block Block
	links []cid.Cid
	err   error
}

// linked finds the links of a block that was got.
func linked(b Block, err error) (f fetched) {
	if f.block, f.err = b, err; err == nil {
		f.links, f.err = b.Links()
	}
	return f
}

// each calls do with every index below n, some at a time. The first error
// cancels the others and is returned.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(fetchers)
	for i := range n {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return do(inner, i) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
