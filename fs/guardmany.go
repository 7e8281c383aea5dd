package fs

import (
	"context"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// guarded is the store of a database behind a guard, which is asked for many blocks at once where the store is.
func guarded(d Database, o Options) cas.RefStore {
	g := newGuard(d, o)
	if many, ok := cas.As[cas.Batcher](d.Store); ok {
		return &manyGuard{g, many}
	}
	return g
}

// manyGuard is a guard of a cas.Batcher. Many blocks are one question.
type manyGuard struct {
	*guard
	many cas.Batcher
}

// one is an answer for one block of many.
type one struct {
	i     int
	block cas.Block
	err   error
}

// GetMany implements cas.Batcher.
func (g *manyGuard) GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b cas.Block, err error)) error {
	all, err := g.answer(ctx, func(ctx context.Context) ([]one, error) {
		var all []one
		err := g.many.GetMany(ctx, ids, func(i int, b cas.Block, err error) { all = append(all, one{i, b, err}) })
		return all, err
	})
	for _, a := range all {
		got(a.i, a.block, asStoreError(ctx, ids[a.i], a.err))
	}
	return asStoreError(ctx, cid.Undef, err)
}

func (g *manyGuard) answer(ctx context.Context, question func(context.Context) ([]one, error)) ([]one, error) {
	if g.breaker == nil {
		return question(ctx)
	}
	return ask(ctx, g.breaker, g.breaker.Data, question)
}

// HasMany implements cas.Batcher.
func (g *manyGuard) HasMany(ctx context.Context, ids []cid.Cid) (known []bool, err error) {
	if g.breaker == nil {
		known, err = g.many.HasMany(ctx, ids)
	} else {
		known, err = ask(ctx, g.breaker, g.breaker.Data, func(ctx context.Context) ([]bool, error) { return g.many.HasMany(ctx, ids) })
	}
	return known, asStoreError(ctx, cid.Undef, err)
}
