package cas

import (
	"context"

	"github.com/ipfs/go-cid"
)

// Overlay reads a few blocks from memory and all others from a store beneath:
// a view of the store as it will be once those blocks are put.
type Overlay struct {
	blocks map[cid.Cid]Block
	base   Getter
}

// NewOverlay lays blocks over base.
func NewOverlay(base Getter, blocks []Block) *Overlay {
	o := &Overlay{blocks: make(map[cid.Cid]Block, len(blocks)), base: base}
	for _, b := range blocks {
		o.blocks[b.CID()] = b
	}
	return o
}

// Get implements Getter. A block of the overlay is found without asking the base.
func (o *Overlay) Get(ctx context.Context, id cid.Cid) (Block, error) {
	if b, ok := o.blocks[id]; ok {
		return b, ctx.Err()
	}
	return o.base.Get(ctx, id)
}
