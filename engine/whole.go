package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Whole is all that a commit reaches, with the snapshots that were thinned out: they are made again, and are what they were, since a snapshot is
// a function of what it holds.
type Whole struct {
	store  cas.RefStore
	head   cid.Cid
	gone   cas.Absent // what the store does not have
	lacks  cas.Absent // of it, what cannot be made again
	remake []Commit   // those whose own snapshot is made again, the oldest first
}

// ReadWhole finds out what has to be made again of what a commit reaches.
func ReadWhole(ctx context.Context, s cas.RefStore, head cid.Cid) (*Whole, error) {
	absent, err := cas.ReadAbsent(ctx, s)
	if err != nil {
		return nil, err
	}
	w := &Whole{store: s, head: head, lacks: cas.Absent{}}
	t := thinning{store: s, absent: absent, commits: map[cid.Cid]Commit{}}
	if err := t.lookForAbsent(ctx); err != nil {
		return nil, err
	}
	w.gone = t.gone
	if len(w.gone) == 0 {
		return w, nil
	}
	c, err := ReadCommit(ctx, s, head)
	if err == nil {
		err = t.history(ctx, c)
	}
	if err == nil {
		err = w.addJumped(ctx, t.commits)
	}
	if err != nil {
		return nil, err
	}
	w.plan(t.commits)
	return w, nil
}

// addJumped takes in commits that GC has left as ways to others, and nothing else of them.
func (w *Whole) addJumped(ctx context.Context, commits map[cid.Cid]Commit) error {
	for todo := slices.Collect(maps.Values(commits)); len(todo) > 0; {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, id := range append([]cid.Cid{c.jump}, c.Parents...) {
			if _, known := commits[id]; known || !id.Defined() || w.gone.Has(id) {
				continue
			}
			next, err := ReadCommit(ctx, w.store, id)
			if err != nil {
				return err
			}
			commits[id] = next
			todo = append(todo, next)
		}
	}
	return nil
}

// plan decides what is made again.
func (w *Whole) plan(commits map[cid.Cid]Commit) {
	made := map[cid.Cid]bool{}
	for _, c := range commits {
		if _, whole := commits[c.parent()]; whole && w.gone.Has(c.Base) && !w.gone.Has(c.Tx) && c.Tail == 0 && !made[c.Base] {
			made[c.Base] = true
			w.remake = append(w.remake, c)
		}
	}
	slices.SortFunc(w.remake, func(a, b Commit) int {
		return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.ID.KeyString(), b.ID.KeyString()))
	})
	for _, c := range commits {
		for _, id := range append([]cid.Cid{c.Tx, c.Base, c.jump}, c.Parents...) {
			if w.gone.Has(id) && !made[id] {
				w.lacks[id] = struct{}{}
			}
		}
	}
}

// Lacks are the blocks that are linked to and neither there nor made again: old commits that GC has dropped.
func (w *Whole) Lacks() cas.Absent { return maps.Clone(w.lacks) }

// Blocks yields each block once, and nothing that Lacks names.
func (w *Whole) Blocks(ctx context.Context) iter.Seq2[cas.Block, error] {
	return func(yield func(cas.Block, error) bool) {
		seen := map[cid.Cid]struct{}{}
		for b, err := range cas.Walk(ctx, w.store, []cid.Cid{w.head}, w.gone.Has) {
			if err == nil && len(w.remake) > 0 {
				seen[b.CID()] = struct{}{}
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
		err := w.again(ctx, func(b cas.Block) bool {
			if _, twice := seen[b.CID()]; twice {
				return true
			}
			seen[b.CID()] = struct{}{}
			return yield(b, nil)
		})
		if err != nil {
			yield(cas.Block{}, err)
		}
	}
}

// again makes the snapshots that were thinned out, until visit returns false. Each goes on from the one before where that lies on its way.
func (w *Whole) again(ctx context.Context, visit func(cas.Block) bool) error {
	e := newEnv(w.store, defaultCache)
	var known *state
	for _, c := range w.remake {
		s, err := openCommit(ctx, e, c, known)
		if err != nil {
			return fmt.Errorf("make the snapshot of transaction %d again, which was thinned out: %w", c.T, err)
		}
		known = s
		out := &writer{ctx: ctx, holds: true}
		if err := s.edited().flush(out); err != nil {
			return err
		}
		for _, b := range out.blocks {
			if !visit(b) {
				return nil
			}
		}
	}
	return nil
}
