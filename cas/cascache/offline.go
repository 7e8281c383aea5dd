package cascache

import (
	"context"
	"fmt"
	"iter"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Offline is what the cache has of the store called name, which is not asked. It can be read only. The error wraps cas.ErrNotFound where
// nothing is known of that store.
func (c *Cache) Offline(name string) (cas.RefStore, error) {
	refs, ok := c.readRefs(name)
	if !ok {
		return nil, fmt.Errorf("the cache knows nothing of it: %w", cas.ErrNotFound)
	}
	return &offline{c, refs}, nil
}

type offline struct {
	cache *Cache
	refs  []cas.Ref
}

// unasked is the error of what only the store can tell.
func unasked(what any) error {
	return fmt.Errorf("%v is not in the cache, and the store is not asked offline: %w", what, cas.ErrUnavailable)
}

// Get implements cas.Getter.
func (o *offline) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	if err := ctx.Err(); err != nil {
		return cas.Block{}, err
	}
	if b, _, ok := o.cache.get(ctx, id); ok {
		return b, nil
	}
	return cas.Block{}, unasked("block " + id.String())
}

// Has implements cas.Store.
func (o *offline) Has(ctx context.Context, id cid.Cid) (bool, error) {
	_, err := o.Get(ctx, id)
	return err == nil, err
}

// Put implements cas.Store: it refuses.
func (o *offline) Put(ctx context.Context, _ []cas.Block) error { return o.refuse(ctx) }

// SetRef implements cas.Refs: it refuses.
func (o *offline) SetRef(ctx context.Context, _ string, _, _ cid.Cid) error { return o.refuse(ctx) }

func (o *offline) refuse(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("nothing is written offline: %w", cas.ErrUnavailable)
}

// All implements cas.Store: what the store has is not known.
func (o *offline) All(context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) { yield(cid.Undef, unasked("the list of all blocks")) }
}

// Ref implements cas.Refs: as of the last time that the store was asked.
func (o *offline) Ref(ctx context.Context, name string) (cid.Cid, error) {
	if err := ctx.Err(); err != nil {
		return cid.Undef, err
	}
	for _, r := range o.refs {
		if r.Name == name {
			return r.CID, nil
		}
	}
	if err := cas.CheckRefName(name); err != nil {
		return cid.Undef, err
	}
	return cid.Undef, fmt.Errorf("ref %s: %w", name, cas.ErrNotFound)
}

// Refs implements cas.Refs.
func (o *offline) Refs(ctx context.Context) ([]cas.Ref, error) { return o.refs, ctx.Err() }
