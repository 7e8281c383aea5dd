package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Receive does the transactions of a Since again and stores what they lead to, commits after all that they link to. Nodes are made anew and
// have to lead to the root that a commit tells, else the error is a *cas.CorruptError. Of blocks only that is stored which heads reach. What has to be taken as it is, since a
// purge removed what is told nowhere, comes from src, which may be nil. The error wraps cas.ErrUnsupported where only a copy can help.
// progress, unless it is nil, is told how many transactions were done.
//
// No ref moves; s is what cas.Begin returned, when a ref is to move afterwards.
func Receive(ctx context.Context, s cas.RefStore, src cas.Getter, blocks []cas.Block, heads []cid.Cid, progress func(done int)) error {
	r := newReceiver(ctx, s, src, blocks, progress)
	commits, err := r.commits(heads)
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	for _, c := range commits {
		if err := r.take(c); err != nil {
			return fmt.Errorf("receive transaction %d: %w", c.T, err)
		}
	}
	if err := r.finish(); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	return nil
}

func newReceiver(ctx context.Context, s cas.RefStore, src cas.Getter, blocks []cas.Block, progress func(done int)) *receiver {
	r := &receiver{ctx: ctx, store: s, src: src, sent: map[cid.Cid]cas.Block{}, progress: progress, out: &writer{ctx: ctx, store: s}}
	for _, b := range blocks {
		r.sent[b.CID()] = b
	}
	r.env = newEnv(s, defaultCache)
	return r
}

// commits are those that were sent and that heads come from, parents first.
func (r *receiver) commits(heads []cid.Cid) ([]Commit, error) {
	commits := map[cid.Cid]Commit{}
	for todo := slices.Clone(heads); len(todo) > 0; {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		b, ok := r.sent[id]
		if _, seen := commits[id]; seen || !ok {
			continue
		}
		c, err := parseCommit(b)
		if err != nil {
			return nil, err
		}
		commits[id] = c
		todo = append(todo, c.Parents...)
	}
	return parentsFirst(commits, heads), nil
}

// receiver goes along a line of commits and gathers transactions until nodes are to be stored.
type receiver struct {
	ctx      context.Context
	store    cas.RefStore
	src      cas.Getter
	sent     map[cid.Cid]cas.Block
	env      *env
	out      *writer
	gather   bool                 // what is to be stored stays in out until it is much
	thinned  map[cid.Cid]struct{} // snapshots that are not to be stored
	progress func(int)
	done     int

	state   *state // of the last commit that was finished
	line    []Commit
	steps   []step
	pending int // datoms in steps
}

// take is for a commit whose parents were taken or are in the store.
func (r *receiver) take(c Commit) error {
	last := cid.Undef
	if r.state != nil {
		last = r.state.commit.ID
	}
	if len(r.line) > 0 {
		last = r.line[len(r.line)-1].ID
	}
	if last != c.parent() {
		if err := r.start(c.parent()); err != nil {
			return err
		}
	}
	if c.Purged > 0 {
		return r.copyPurge(c)
	}
	tx, err := ReadTx(r.ctx, cas.NewOverlay(r.store, r.txBlocks(c)), c)
	if err != nil {
		return err
	}
	r.line = append(r.line, c)
	r.steps = append(r.steps, step{c.T, c.At, tx.Datoms})
	if r.pending += len(tx.Datoms); c.Tail == 0 || r.pending >= maxNovel {
		return r.finish()
	}
	return nil
}

// start opens the commit that a line begins at.
func (r *receiver) start(id cid.Cid) error {
	if err := r.finish(); err != nil {
		return err
	}
	c, err := ReadCommit(r.ctx, r.env, id)
	if err == nil {
		r.state, err = openCommit(r.ctx, r.env, c, nil)
	}
	if errors.Is(err, cas.ErrNotFound) { // dropped by gc: the commits were to be had, but not what they are opened from
		return fmt.Errorf("%w: %w", errNoSince, err)
	}
	return err
}

// finish does the transactions that were gathered, checks where they lead, and stores them with their commits.
func (r *receiver) finish() error {
	if len(r.line) == 0 {
		return nil
	}
	c := r.line[len(r.line)-1]
	_, thinned := r.thinned[c.Base]
	full := c.Tail == 0 && !thinned
	var early *writer
	if full && r.pending >= maxNovel {
		early = r.out
	}
	next, err := r.state.replay(r.ctx, r.steps, early)
	if err != nil {
		return err
	}
	next.commit, next.before, next.next = c, nil, c.next
	if err := next.is(c); err != nil {
		return err
	}
	for _, c := range r.line {
		if err := r.out.add(r.txBlocks(c)...); err != nil {
			return err
		}
	}
	if full {
		if err := next.flush(r.out); err != nil {
			return err
		}
		next.tail, next.hold = novelty{}, r.env.heal.holding(c)
	}
	for _, c := range r.line {
		if err := r.out.add(r.sent[c.ID]); err != nil {
			return err
		}
	}
	if !r.gather {
		if err := r.out.put(); err != nil {
			return err
		}
	}
	r.told(len(r.line))
	r.state, r.line, r.steps, r.pending = next, nil, nil, 0
	return nil
}

// copyPurge takes the snapshot after a purge as it is.
func (r *receiver) copyPurge(c Commit) error {
	if err := r.emptied(); err != nil {
		return err
	}
	if r.src == nil {
		return errNoSince
	}
	if _, err := cas.Copy(r.ctx, r.store, r.src, c.Base, nil); err != nil {
		return err
	}
	if err := r.store.Put(r.ctx, append(r.txBlocks(c), r.sent[c.ID])); err != nil {
		return err
	}
	r.told(1)
	return r.start(c.ID)
}

func (r *receiver) told(n int) {
	if r.done += n; r.progress != nil {
		r.progress(r.done)
	}
}

// txBlocks are the blocks of a commit's transaction that were sent, each after what it links to.
func (r *receiver) txBlocks(c Commit) (blocks []cas.Block) {
	seen := map[cid.Cid]bool{}
	var add func(id cid.Cid)
	add = func(id cid.Cid) {
		b, ok := r.sent[id]
		if seen[id] || !ok {
			return
		}
		seen[id] = true
		links, err := b.Links()
		if err != nil {
			return // reading it as a transaction tells why
		}
		for _, child := range links {
			add(child)
		}
		blocks = append(blocks, b)
	}
	add(c.Tx)
	return blocks
}
