package engine

import (
	"context"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// A snapshot and its nodes are stored when so much is new since the last one that
// was: until then every commit adds to what has to be replayed on opening.
const (
	maxNovel     = 10_000    // datoms
	maxTailBytes = 256 << 10 // of transactions
	maxTail      = 64        // transactions
)

// An import holds about 250 bytes in memory for each of these datoms, and its text.
const (
	maxBulkNovel = 500_000
	maxBulkBytes = 64 << 20
)

// policy tells whether nodes are to be stored, given what is new with the next
// commit and how many transactions that are.
type policy func(n novelty, tail int) bool

func flushed(n novelty, tail int) bool {
	return n.datoms >= maxNovel || n.bytes >= maxTailBytes || tail >= maxTail
}

func bulky(n novelty, _ int) bool { return n.datoms >= maxBulkNovel || n.bytes >= maxBulkBytes }

// maxBatch is how many bytes of blocks are gathered before they are stored ahead of the commit.
const maxBatch = 16 << 20

// commit stores what is new in next and moves the ref from head to it. Afterwards next is complete.
func (c *Conn) commit(ctx context.Context, head, next *state, x expansion, m Meta, due policy) error {
	tx := txBlocks(next.t, x.datoms)
	for _, b := range tx {
		next.tail.bytes += len(b.Data())
	}
	w := &writer{ctx: ctx, store: c.store}
	if err := w.add(x.blocks...); err != nil {
		return err
	}
	commit := Commit{
		Parents: []cid.Cid{head.commit.ID}, T: next.t, At: next.at, By: m.By, Msg: m.Msg,
		Root: next.root(), Base: head.commit.Base, Tail: head.commit.Tail + 1, Tx: tx[len(tx)-1].CID(), next: next.next,
	}
	commit.Added, commit.Retracted = tally(x.datoms)
	commit.Purged = x.purged.count()
	var err error
	if commit.jump, err = jumpFrom(ctx, c.env, head.commit); err != nil {
		return err
	}
	if commit.Purged > 0 || due(next.tail, commit.Tail) { // no tail leads from a base that has more to a root that has less
		if err := next.flush(w); err != nil {
			return err
		}
		commit.Base, commit.Tail, next.tail = commit.Root, 0, novelty{}
	}
	b := commit.block()
	if err := w.add(append(tx, b)...); err != nil {
		return err
	}
	if err := cas.Commit(ctx, c.store, w.blocks, c.ref, head.commit.ID, b.CID()); err != nil {
		return err
	}
	commit.ID = b.CID()
	next.commit, next.before = commit, nil
	return nil
}

// flush writes all nodes that are not stored, then the snapshot. Only before s is shared.
func (s *state) flush(w *writer) error {
	snapshot := s.block()
	err := s.trees.each(func(t *tree) (err error) {
		t.Tree, err = t.Flush(func(b cas.Block) error { return w.add(b) })
		return err
	})
	if err != nil {
		return err
	}
	return w.add(snapshot)
}

// writer gathers blocks, children before parents, and stores them ahead of the
// commit when they become too many to hold.
type writer struct {
	ctx    context.Context
	store  cas.Store
	blocks []cas.Block
	size   int
}

func (w *writer) add(blocks ...cas.Block) error {
	for _, b := range blocks {
		w.blocks = append(w.blocks, b)
		w.size += len(b.Data())
	}
	if w.size < maxBatch {
		return nil
	}
	err := w.store.Put(w.ctx, w.blocks)
	w.blocks, w.size = nil, 0
	return err
}
