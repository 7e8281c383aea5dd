package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// A bucket or a SQL database does no transactions by itself, and to do them here on its trees would read more than there is to write. But the source has
// the same trees: so the transactions are done again on those, must lead to the roots that their commits tell, and are sent with the nodes that they make of what the
// heads are opened from. Which nodes the target lacks follows from that, so it is asked for none. Snapshots between are left out, as Tidy would leave them.

// push sends transactions to a store behind a network that does not do them again. The error wraps cas.ErrUnsupported where a copy has to be made.
func (y *syncing) push(ctx context.Context, heads []cid.Cid) error {
	to := newThrough(y.dst, y.src, y.sent, y.tell)
	r := newReceiver(ctx, to.store(), y.src, y.since, func(done int) { to.transactions = done })
	r.gather = true
	commits, err := r.commits(heads)
	if err == nil {
		err = y.thin(ctx, r, commits, heads)
	}
	if err == nil {
		err = y.writeAbsent(ctx)
	}
	if err != nil {
		return err
	}
	last := len(commits)
	if moving(y.refs) == 1 {
		last = tailOf(commits, heads[0])
	}
	for i, c := range commits {
		if i == last { // what comes now goes with the ref
			if err := r.emptied(); err != nil {
				return err
			}
		}
		if err := r.take(c); err != nil {
			return fmt.Errorf("transaction %d: %w", c.T, err)
		}
	}
	if last == len(commits) {
		return r.emptied()
	}
	if err := r.finish(); err != nil {
		return err
	}
	y.rest = r.out.blocks
	to.count(y.rest)
	return nil
}

// emptied finishes what was gathered and stores it.
func (r *receiver) emptied() error {
	if err := r.finish(); err != nil {
		return err
	}
	return r.out.put()
}

func moving(refs []SyncedRef) (n int) {
	for _, r := range refs {
		if r.moves() {
			n++
		}
	}
	return n
}

// tailOf is from where on commits are those that lie between head and its base.
func tailOf(commits []Commit, head cid.Cid) int {
	i := len(commits)
	for next := head; i > 0 && commits[i-1].ID == next && commits[i-1].Tail > 0; i-- {
		next = commits[i-1].parent()
	}
	return i
}

// thin decides which snapshots are left out: those that no head is opened from, that no line of commits begins at, and that are not far from one before. The
// error wraps cas.ErrUnsupported where the target lacks what a line begins at.
func (y *syncing) thin(ctx context.Context, r *receiver, commits []Commit, heads []cid.Cid) error {
	byID := map[cid.Cid]Commit{}
	for _, c := range commits {
		byID[c.ID] = c
	}
	keep := map[cid.Cid]bool{}
	for _, id := range heads {
		keep[byID[id].Base] = true
	}
	var starts []cid.Cid
	size := 0
	for i, c := range commits {
		if i > 0 && commits[i-1].ID == c.parent() {
			continue
		}
		start, ok := byID[c.parent()]
		if !ok {
			var err error
			if start, err = ReadCommit(ctx, r.env, c.parent()); err != nil {
				return noSince(err)
			}
			starts = append(starts, start.Base)
			if size == 0 {
				size = r.size(start)
			}
		}
		keep[start.Base] = true
	}
	if err := y.hasAll(ctx, starts); err != nil {
		return err
	}
	r.thinned = map[cid.Cid]struct{}{}
	cost := 0
	for _, c := range commits {
		size += c.Added - c.Retracted
		cost += c.Added + c.Retracted
		switch {
		case c.Tail > 0:
		case keep[c.Base], c.Purged > 0, cost > max(thinDatoms, size/thinShare):
			keep[c.Base], cost = true, 0
			delete(r.thinned, c.Base)
		default:
			r.thinned[c.Base] = struct{}{}
		}
	}
	if len(r.thinned) == 0 {
		return nil
	}
	absent := cas.Absent{}
	for _, ids := range []cas.Absent{y.absent, r.thinned} {
		for id := range ids {
			absent[id] = struct{}{}
		}
	}
	y.absent = absent
	return nil
}

// size is how many datoms a database has, about; 0 if that is not quickly told.
func (r *receiver) size(c Commit) int {
	s, err := readSnapshot(r.ctx, r.env, r.env, c.Base)
	if err != nil {
		return 0
	}
	n, err := s.trees.eavt.now.Len(r.ctx)
	if err != nil {
		return 0
	}
	return int(n)
}

// hasAll makes sure that the target has snapshots which commits that it has are opened from. One that it lacks is on its list of what is missing.
func (y *syncing) hasAll(ctx context.Context, bases []cid.Cid) error {
	if !y.lacking {
		return nil
	}
	known, err := cas.ReadAbsent(ctx, y.dst)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	for _, id := range bases {
		if !known.Has(id) {
			continue
		}
		if ok, err := y.dst.Has(ctx, id); err != nil || !ok {
			return errors.Join(err, errNoSince)
		}
	}
	return nil
}

// noSince is for what the source does not have any more.
func noSince(err error) error {
	if errors.Is(err, cas.ErrNotFound) {
		return fmt.Errorf("%w: %w", errNoSince, err)
	}
	return err
}
