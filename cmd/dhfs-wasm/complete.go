//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// partialOf tells where a partial replica fetches from; null of a whole one.
func (a *app) partialOf(ctx context.Context, d database, _ func(any)) (any, error) {
	o, err := a.open(ctx, d.Name)
	if err != nil || o.store.From() == "" {
		return nil, err
	}
	return o.store.From(), nil
}

// complete brings what a partial replica does not have yet, after which it is a whole one.
func (a *app) complete(ctx context.Context, d database, tell func(any)) (any, error) {
	o, err := a.open(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	p, ok := o.store.(*partial)
	if !ok {
		return synced{}, nil
	}
	done, _ := p.Turn(ctx, "complete") // one tab at a time: the next one has nothing left to fetch
	defer done()
	c := &completion{p: p, tell: func(s synced) { tell(s) }}
	for n := 1; ; n++ {
		err := c.once(ctx)
		if err == nil || n == maxExchanges || !errors.Is(err, cas.ErrConflict) {
			return c.sent, err
		}
	}
}

// completion walks through all that the refs of a partial replica lead to. As a target of cas.CopyAll it says of no block that it is there, since what that
// links to need not be; as a source it has what the replica has, and asks the server for the rest only.
type completion struct {
	p       *partial
	tell    func(synced)
	sent    synced
	reached map[cid.Cid]bool // true: it was here
}

func (c *completion) once(ctx context.Context) error {
	if c.p.From() == "" {
		return nil
	}
	absent, err := cas.ReadAbsent(ctx, c.p.far)
	if err == nil && len(absent) > 0 {
		err = cas.WriteAbsent(ctx, c.p.Store, absent)
	}
	if err != nil {
		return fmt.Errorf("complete: %w", err)
	}
	refs, err := c.p.Refs(ctx)
	if err != nil {
		return err
	}
	roots := make([]cid.Cid, len(refs))
	for i, r := range refs {
		roots[i] = r.CID
	}
	c.reached = map[cid.Cid]bool{}
	if _, err := cas.CopyAll(ctx, c, c, roots, absent, nil); err != nil {
		return fmt.Errorf("complete: %w", err)
	}
	return c.p.MakeWhole(ctx, refs, func(id cid.Cid) bool { _, ok := c.reached[id]; return ok })
}

// Get implements cas.Getter.
func (c *completion) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	return one(ctx, c, id)
}

// GetMany implements cas.Batcher.
func (c *completion) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	var missing []int
	err := c.p.Store.GetMany(ctx, ids, func(i int, b cas.Block, err error) {
		if errors.Is(err, cas.ErrNotFound) {
			missing = append(missing, i)
			return
		}
		c.reached[ids[i]] = true
		got(i, b, err)
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	wanted := make([]cid.Cid, len(missing))
	for n, i := range missing {
		wanted[n] = ids[i]
	}
	return c.p.far.GetMany(ctx, wanted, func(n int, b cas.Block, err error) {
		if err == nil {
			c.reached[wanted[n]] = false
		}
		got(missing[n], b, err)
	})
}

// HasMany implements cas.Batcher.
func (c *completion) HasMany(_ context.Context, ids []cid.Cid) ([]bool, error) {
	return make([]bool, len(ids)), nil
}

// Has implements cas.Store.
func (c *completion) Has(context.Context, cid.Cid) (bool, error) { return false, nil }

// Put implements cas.Store: it keeps what was fetched.
func (c *completion) Put(ctx context.Context, blocks []cas.Block) error {
	fetched := slices.DeleteFunc(slices.Clone(blocks), func(b cas.Block) bool { return c.reached[b.CID()] })
	if len(fetched) == 0 {
		return ctx.Err()
	}
	if err := c.p.Put(ctx, fetched); err != nil {
		return err
	}
	for _, b := range fetched {
		c.sent.add(synced{Blocks: 1, Bytes: int64(len(b.Data()))})
	}
	c.tell(c.sent)
	return nil
}

// All implements cas.Store.
func (c *completion) All(ctx context.Context) iter.Seq2[cid.Cid, error] { return c.p.All(ctx) }
