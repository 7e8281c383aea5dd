package castest

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Counts is what was asked of a store.
type Counts struct {
	Gets, Has, Puts, Lists int // calls; a Commit counts as a Commit only
	RefReads, RefMoves     int // Ref and Refs; SetRef
	Commits                int

	BlocksRead, BlocksWritten int // blocks that Get found; blocks given to Put and Commit
	BytesRead, BytesWritten   int64
}

func (c Counts) String() string {
	return fmt.Sprintf("%d gets, %d has, %d puts, %d lists, %d ref reads, %d ref moves, %d commits; %d blocks, %d bytes read; %d blocks, %d bytes written",
		c.Gets, c.Has, c.Puts, c.Lists, c.RefReads, c.RefMoves, c.Commits, c.BlocksRead, c.BytesRead, c.BlocksWritten, c.BytesWritten)
}

// Counting is a store that counts what is asked of it.
type Counting struct {
	inner cas.RefStore
	mu    sync.Mutex
	now   Counts
}

var (
	_ cas.RefStore  = (*Counting)(nil)
	_ cas.Committer = (*Counting)(nil)
)

// NewCounting makes a store that does what s does.
func NewCounting(s cas.RefStore) *Counting { return &Counting{inner: s} }

// Take returns what was counted since the last Take.
func (c *Counting) Take() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.now
	c.now = Counts{}
	return taken
}

func (c *Counting) count(add func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.now)
}

func (c *Counts) written(blocks []cas.Block) {
	c.BlocksWritten += len(blocks)
	for _, b := range blocks {
		c.BytesWritten += int64(len(b.Data()))
	}
}

// Get implements cas.Getter.
func (c *Counting) Get(ctx context.Context, id cid.Cid) (cas.Block, error) {
	b, err := c.inner.Get(ctx, id)
	c.count(func(n *Counts) {
		n.Gets++
		if err == nil {
			n.BlocksRead++
			n.BytesRead += int64(len(b.Data()))
		}
	})
	return b, err
}

// Has implements cas.Store.
func (c *Counting) Has(ctx context.Context, id cid.Cid) (bool, error) {
	c.count(func(n *Counts) { n.Has++ })
	return c.inner.Has(ctx, id)
}

// Put implements cas.Store.
func (c *Counting) Put(ctx context.Context, blocks []cas.Block) error {
	c.count(func(n *Counts) { n.Puts++; n.written(blocks) })
	return c.inner.Put(ctx, blocks)
}

// All implements cas.Store.
func (c *Counting) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	c.count(func(n *Counts) { n.Lists++ })
	return c.inner.All(ctx)
}

// Ref implements cas.Refs.
func (c *Counting) Ref(ctx context.Context, name string) (cid.Cid, error) {
	c.count(func(n *Counts) { n.RefReads++ })
	return c.inner.Ref(ctx, name)
}

// SetRef implements cas.Refs.
func (c *Counting) SetRef(ctx context.Context, name string, old, next cid.Cid) error {
	c.count(func(n *Counts) { n.RefMoves++ })
	return c.inner.SetRef(ctx, name, old, next)
}

// Refs implements cas.Refs.
func (c *Counting) Refs(ctx context.Context) ([]cas.Ref, error) {
	c.count(func(n *Counts) { n.RefReads++ })
	return c.inner.Refs(ctx)
}

// Commit implements cas.Committer.
func (c *Counting) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	c.count(func(n *Counts) { n.Commits++; n.written(blocks) })
	return cas.Commit(ctx, c.inner, blocks, ref, old, next)
}
