package engine

import (
	"context"
	"crypto"
	"sync"

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

// due is the policy for transactions one by one.
func (c *Conn) due() policy {
	if far, ok := cas.As[cas.Carrier](c.store); ok && far.CarriesNodes() {
		return func(novelty, int) bool { return true }
	}
	return flushed
}

func bulky(n novelty, _ int) bool { return n.datoms >= maxBulkNovel || n.bytes >= maxBulkBytes }

// maxBatch is how many bytes of blocks are gathered before they are stored ahead of the commit.
const maxBatch = 16 << 20

// joined is what the commit of a merge has besides: its parents beside the head, and what of the second one's ids it gave anew.
type joined struct {
	parents    []cid.Cid
	renumbered []Renumbered
}

// write makes the state after the transaction x, stores what is new in it and moves the ref from head to it.
func (c *Conn) write(ctx context.Context, store cas.RefStore, head *state, x expansion, m Meta, due policy, more joined) (*state, error) {
	t := head.t + 1
	tx := txBlocks(t, x.datoms)
	commit := Commit{
		Parents: append([]cid.Cid{head.commit.ID}, more.parents...), T: t, At: x.at, By: m.By, Msg: m.Msg,
		Base: head.commit.Base, Tail: head.commit.Tail + 1, Tx: tx[len(tx)-1].CID(), Purged: x.purged.count(), Renumbered: more.renumbered,
	}
	commit.Added, commit.Retracted = tally(x.datoms)
	// No tail leads from a base that has more to a root that has less.
	full := commit.Purged > 0 || head.tail.thinned || due(head.tail.plus(x.datoms, tx), commit.Tail)
	w := &writer{ctx: ctx, store: store}
	if err := w.add(x.blocks...); err != nil {
		return nil, err
	}
	var early *writer
	if full && len(x.datoms) >= maxNovel {
		early = w
	}
	next, err := x.from.apply(ctx, t, x.at, x.datoms, early)
	if err != nil {
		return nil, err
	}
	next.tail = head.tail.plus(x.datoms, tx)
	if full {
		if err := next.flush(w); err != nil {
			return nil, err
		}
		commit.Base, commit.Tail, next.tail = next.root(), 0, novelty{}
	}
	commit.Root, commit.next = next.root(), next.next
	next.commit, next.before = commit, nil
	return next, c.publish(ctx, head, next, w, tx, m.Key)
}

// publish signs the commit of next, if it is to be, stores it with what w still holds, and moves the ref to it.
func (c *Conn) publish(ctx context.Context, head, next *state, w *writer, tx []cas.Block, key crypto.Signer) (err error) {
	if next.commit.jump, err = jumpFrom(ctx, c.env, head.commit); err != nil {
		return err
	}
	if err := next.commit.sign(key); err != nil {
		return err
	}
	b := next.commit.block()
	if err := w.add(append(tx, b)...); err != nil {
		return err
	}
	next.commit.ID = b.CID()
	if next.commit.Tail == 0 {
		next.hold = c.env.heal.holding(next.commit)
	}
	return cas.Commit(ctx, w.store, w.blocks, c.ref, head.commit.ID, b.CID())
}

// plus is what is new with one more transaction.
func (n novelty) plus(datoms []Datom, tx []cas.Block) novelty {
	n.datoms += len(datoms)
	for _, b := range tx {
		n.bytes += len(b.Data())
	}
	return n
}

// flush writes all nodes that are not stored, then the snapshot. Only before s is shared.
func (s *state) flush(w *writer) error {
	snapshot, err := s.block()
	if err != nil {
		return err
	}
	err = s.trees.each(func(t *tree) (err error) {
		*t, err = t.flush(w)
		return err
	})
	if err != nil {
		return err
	}
	return w.add(snapshot)
}

// writer gathers blocks, children before parents, and stores them ahead of the
// commit when they become too many to hold. It is safe for many goroutines.
type writer struct {
	ctx    context.Context
	store  cas.RefStore
	mu     sync.Mutex
	blocks []cas.Block
	size   int
	holds  bool // it stores nothing by itself
}

func (w *writer) add(blocks ...cas.Block) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range blocks {
		w.blocks = append(w.blocks, b)
		w.size += len(b.Data())
	}
	if w.size < maxBatch || w.holds {
		return nil
	}
	return w.empty()
}

// put stores what was gathered.
func (w *writer) put() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.empty()
}

func (w *writer) empty() error {
	err := w.store.Put(w.ctx, w.blocks)
	w.blocks, w.size = nil, 0
	return err
}
