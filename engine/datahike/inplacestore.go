package datahike

import (
	"context"
	"fmt"
	iofs "io/fs"
	"iter"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// What a store has that is read in place, as far as it is one: there are names of commits in it, and no blocks.

// Get implements cas.Getter.
func (p *InPlace) Get(_ context.Context, id cid.Cid) (cas.Block, error) {
	return cas.Block{}, fmt.Errorf("%s: a store that is read in place has no blocks: %w", id, cas.ErrNotFound)
}

// Has implements cas.Store: it tells of commits.
func (p *InPlace) Has(ctx context.Context, id cid.Cid) (bool, error) {
	_, ok, err := p.moment(ctx, id)
	return ok, err
}

// All implements cas.Store: the names of all commits.
func (p *InPlace) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		if err := p.nameAll(ctx); err != nil {
			yield(cid.Undef, err)
			return
		}
		p.mu.Lock()
		all := make([]cid.Cid, 0, len(p.names))
		for id := range p.names {
			all = append(all, id)
		}
		p.mu.Unlock()
		for _, id := range all {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// Put implements cas.Store.
func (p *InPlace) Put(context.Context, []cas.Block) error { return errOnlyRead }

// SetRef implements cas.Refs.
func (p *InPlace) SetRef(context.Context, string, cid.Cid, cid.Cid) error { return errOnlyRead }

var errOnlyRead = fmt.Errorf("stores of Datahike are only read: %w", iofs.ErrPermission)

var (
	_ cas.RefStore     = (*InPlace)(nil)
	_ engine.Elsewhere = (*InPlace)(nil)
	_ engine.Aliaser   = (*InPlace)(nil)
)
