package cas

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
)

const (
	// A Copy puts so many blocks at a time, or putBytes.
	putBlocks = 1024
	// holdBytes is how many bytes of blocks a Copy keeps that wait for what they
	// link to; the rest is read again when its turn comes.
	holdBytes = 64 << 20
	// farBatch is how many blocks are asked for at once where each question takes its time.
	farBatch = 256
)

// Copied is what a Copy has done.
type Copied struct {
	Blocks int   // put into the target
	Bytes  int64 // in those blocks
	Known  int   // blocks that the target had, with everything below them
}

// Copy puts root and every block that it reaches from src into dst, children
// first. It does not look below a block that dst has, as dst then has all that
// the block links to. When it fails or is interrupted, at any point, dst
// is sound, and the next Copy carries on where this one ended. progress, unless
// it is nil, is told what was done so far after each batch.
//
// Each block is read once, except where more than 64 MiB of blocks have to wait
// for others: what is beyond that is read twice. The CIDs of all blocks that
// are copied stay in memory.
func Copy(ctx context.Context, dst Store, src Getter, root cid.Cid, progress func(Copied)) (Copied, error) {
	return CopyAll(ctx, dst, src, []cid.Cid{root}, nil, progress)
}

// CopyAll is Copy from several roots. What absent lists may be missing in both stores, and is then left out.
func CopyAll(ctx context.Context, dst Store, src Getter, roots []cid.Cid, absent Absent, progress func(Copied)) (Copied, error) {
	c := copier{
		dst: dst, src: src, absent: absent, progress: progress, batch: fetchBatch,
		here:    map[cid.Cid]bool{},
		waiting: map[cid.Cid]*waiter{},
		parents: map[cid.Cid][]cid.Cid{},
	}
	if _, far := As[Batcher](src); far {
		c.batch = farBatch
	}
	for _, root := range roots {
		c.want(root)
	}
	for len(c.todo) > 0 {
		if err := c.step(ctx); err != nil {
			return c.done, err
		}
	}
	return c.done, c.flush(ctx)
}

// copier walks down depth first, a batch at a time. A block goes to out as soon
// as everything that it links to is in the target or in out before it.
type copier struct {
	dst      Store
	src      Getter
	absent   Absent
	progress func(Copied)
	batch    int // how many blocks are fetched before any of them is handed on

	todo    []cid.Cid             // seen, but not fetched: a stack
	here    map[cid.Cid]bool      // everything seen; true once it is in the target or in out
	waiting map[cid.Cid]*waiter   // fetched, but with children that are not here
	parents map[cid.Cid][]cid.Cid // those waiting for a child
	held    int                   // bytes of the blocks in waiting

	out      []waiter // to be put next
	outBytes int
	done     Copied
}

// waiter is a fetched block. Its data may have been given up to save memory.
type waiter struct {
	id      cid.Cid
	block   Block // the zero Block when it was given up
	size    int   // of its data, in bytes
	missing int   // how many of its children are not here
}

// want puts id on the stack the first time that it is seen.
func (c *copier) want(id cid.Cid) {
	if _, seen := c.here[id]; !seen {
		c.here[id] = false
		c.todo = append(c.todo, id)
	}
}

// step fetches one batch from the stack.
func (c *copier) step(ctx context.Context) error {
	n := len(c.todo) - min(len(c.todo), c.batch)
	ids := append([]cid.Cid(nil), c.todo[n:]...)
	c.todo = c.todo[:n]
	known, err := HasMany(ctx, c.dst, ids)
	if err != nil {
		return fmt.Errorf("asking the target for blocks: %w", err)
	}
	var missing []cid.Cid
	for i, id := range ids {
		if !known[i] {
			missing = append(missing, id)
		}
	}
	batch, err := fetchMany(ctx, c.src, missing, func(err error) bool { return len(c.absent) == 0 || !errors.Is(err, ErrNotFound) })
	if err != nil {
		return err
	}
	for i, f := range batch {
		switch {
		case f.err == nil:
			c.add(f)
		case c.absent.Has(missing[i]):
			c.arrive(missing[i])
		default:
			return f.err
		}
	}
	for i, id := range ids {
		if known[i] {
			c.done.Known++
			c.arrive(id)
		}
	}
	if len(c.out) >= putBlocks || c.outBytes >= putBytes {
		return c.flush(ctx)
	}
	return nil
}

// add takes a block that was fetched.
func (c *copier) add(f fetched) {
	w := &waiter{id: f.block.id, block: f.block, size: len(f.block.data)}
	for _, child := range f.links {
		if c.here[child] {
			continue
		}
		c.want(child)
		c.parents[child] = append(c.parents[child], w.id)
		w.missing++
	}
	if w.missing == 0 {
		c.ready(w)
		c.arrive(w.id)
		return
	}
	if c.held+w.size <= holdBytes {
		c.held += w.size
	} else {
		w.block = Block{}
	}
	c.waiting[w.id] = w
}

// ready moves a block whose children are all here to out.
func (c *copier) ready(w *waiter) {
	c.out = append(c.out, *w)
	c.outBytes += w.size
}

// arrive notes that id is here and makes ready what waited for nothing else. It
// is a loop and not a recursion because a chain of commits may be very long.
func (c *copier) arrive(id cid.Cid) {
	arrived := []cid.Cid{id}
	for len(arrived) > 0 {
		child := arrived[len(arrived)-1]
		arrived = arrived[:len(arrived)-1]
		c.here[child] = true
		for _, parent := range c.parents[child] {
			w := c.waiting[parent]
			if w.missing--; w.missing == 0 {
				delete(c.waiting, parent)
				c.held -= len(w.block.data)
				c.ready(w)
				arrived = append(arrived, parent)
			}
		}
		delete(c.parents, child)
	}
}

// flush puts what is in out, as much at a time as a Put should have.
func (c *copier) flush(ctx context.Context) error {
	for len(c.out) > 0 {
		n, size := 1, c.out[0].size
		for n < min(len(c.out), putBlocks) && size+c.out[n].size <= putBytes {
			size += c.out[n].size
			n++
		}
		if err := c.put(ctx, c.out[:n]); err != nil {
			return err
		}
		c.done.Blocks += n
		c.done.Bytes += int64(size)
		c.out = c.out[n:]
		if c.progress != nil {
			c.progress(c.done)
		}
	}
	c.out, c.outBytes = nil, 0
	return ctx.Err()
}

func (c *copier) put(ctx context.Context, batch []waiter) error {
	blocks := make([]Block, len(batch))
	err := each(ctx, len(batch), func(ctx context.Context, i int) (err error) {
		if blocks[i] = batch[i].block; !blocks[i].id.Defined() {
			blocks[i], err = c.src.Get(ctx, batch[i].id)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := c.dst.Put(ctx, blocks); err != nil {
		return fmt.Errorf("putting %d blocks up to %s: %w", len(blocks), batch[len(batch)-1].id, err)
	}
	return nil
}
