package cas

import (
	"context"
	"fmt"
	"sync"

	"github.com/ipfs/go-cid"
)

// Batcher is a store that is asked for many blocks in less time than for one after the other: one behind a network.
type Batcher interface {
	// GetMany calls got for each of ids with its number and what Get would return, in any order, one call at a time. The
	// error says why it was not called for all.
	GetMany(ctx context.Context, ids []cid.Cid, got func(i int, b Block, err error)) error
	// HasMany tells what Has would for each of ids.
	HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error)
}

// Hinter is a store that finds blocks quickly once it has read what links to them. A cache in front of it keeps what it knows along with the blocks,
// or it would not know, after the cache has answered instead.
type Hinter interface {
	// Hints is what it knows of where the links of a block lead: nothing, or some bytes that a store of the same place understands.
	Hints(b Block) []byte
	// Learn takes what Hints gave, perhaps long ago and to another process. What it does not understand it leaves.
	Learn(b Block, hints []byte)
}

// Near is a Batcher of this machine: many questions at once spare it time, but it is not behind a network.
type Near interface {
	Batcher
	Near()
}

// IsFar tells whether a store is behind a network: there, reading costs more than computing.
func IsFar(s Store) bool {
	_, near := As[Near](s)
	_, far := As[Batcher](s)
	return far && !near
}

// GetMany asks for many at once, where g can.
func GetMany(ctx context.Context, g Getter, ids []cid.Cid, got func(i int, b Block, err error)) error {
	if b, ok := g.(Batcher); ok {
		return b.GetMany(ctx, ids, got)
	}
	var one sync.Mutex
	return each(ctx, len(ids), func(ctx context.Context, i int) error {
		b, err := g.Get(ctx, ids[i])
		one.Lock()
		defer one.Unlock()
		got(i, b, err)
		return nil
	})
}

// HasMany asks for many at once, where s can.
func HasMany(ctx context.Context, s Store, ids []cid.Cid) ([]bool, error) {
	if b, ok := s.(Batcher); ok {
		return b.HasMany(ctx, ids)
	}
	known := make([]bool, len(ids))
	return known, each(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		known[i], err = s.Has(ctx, ids[i])
		if err != nil {
			err = fmt.Errorf("block %s: %w", ids[i], err)
		}
		return err
	})
}

// fetchMany gets blocks and their links. The first error that is fatal ends it; others are left in what was fetched.
func fetchMany(ctx context.Context, g Getter, ids []cid.Cid, fatal func(error) bool) ([]fetched, error) {
	batch := make([]fetched, len(ids))
	b, ok := g.(Batcher)
	if !ok {
		return batch, each(ctx, len(ids), func(ctx context.Context, i int) error {
			batch[i] = linked(g.Get(ctx, ids[i]))
			if err := batch[i].err; err != nil && fatal(err) {
				return err
			}
			return nil
		})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first error
	err := b.GetMany(ctx, ids, func(i int, b Block, err error) {
		batch[i] = linked(b, err)
		if err := batch[i].err; err != nil && fatal(err) && first == nil {
			first = err
			cancel()
		}
	})
	if first != nil {
		return batch, first
	}
	return batch, err
}
