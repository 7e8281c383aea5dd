package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Log yields head and its first parents, newest first. Where GC has dropped those before, the last error wraps ErrPruned.
func Log(ctx context.Context, g cas.Getter, head cid.Cid) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		for id := head; id.Defined(); {
			c, err := ReadCommit(ctx, g, id)
			if !yield(c, err) || err != nil {
				return
			}
			id = c.parent()
		}
	}
}

// History yields each commit that heads reach by any way, once, in the order of falling t as far as it can tell. A commit that cannot be read is yielded
// with the error and nothing but its ID; what other commits link to is yielded all the same. What GC has dropped is left out.
func History(ctx context.Context, g cas.Getter, heads []cid.Cid) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		var todo commitHeap
		seen := map[cid.Cid]bool{}
		add := func(id cid.Cid) bool {
			if !id.Defined() || seen[id] {
				return true
			}
			seen[id] = true
			c, err := ReadCommit(ctx, g, id)
			switch {
			case errors.Is(err, ErrPruned):
				return true
			case err != nil:
				return yield(Commit{ID: id}, err)
			}
			heap.Push(&todo, awaited{Commit: c})
			return true
		}
		for _, id := range heads {
			if !add(id) {
				return
			}
		}
		for len(todo) > 0 {
			c := heap.Pop(&todo).(awaited).Commit
			if !yield(c, nil) {
				return
			}
			for _, id := range append(c.Parents, c.jump) {
				if !add(id) {
					return
				}
			}
		}
	}
}

// parent is the first parent, cid.Undef of the first commit.
func (c Commit) parent() cid.Cid {
	if len(c.Parents) == 0 {
		return cid.Undef
	}
	return c.Parents[0]
}

// Ancestor finds the newest commit on head's first-parent line for which keep is true; keep must be
// monotone (true for all older ones too). O(log n) reads. The error wraps cas.ErrNotFound when keep is true for none.
func Ancestor(ctx context.Context, g cas.Getter, head cid.Cid, keep func(Commit) bool) (Commit, error) {
	c, err := ReadCommit(ctx, g, head)
	for err == nil && !keep(c) {
		if len(c.Parents) == 0 {
			return Commit{}, fmt.Errorf("no commit before %s is old enough: %w", head, cas.ErrNotFound)
		}
		c, err = older(ctx, g, c, keep)
	}
	return c, err
}

// older is the jump's target where that is still too new and is not dropped, else the first parent.
func older(ctx context.Context, g cas.Getter, c Commit, keep func(Commit) bool) (Commit, error) {
	if c.jump != c.parent() {
		j, err := ReadCommit(ctx, g, c.jump)
		if err == nil && !keep(j) || err != nil && !errors.Is(err, ErrPruned) {
			return j, err
		}
	}
	return ReadCommit(ctx, g, c.parent())
}

// ancestorAt is c or the ancestor of it with t, which is not greater than c's. It reads only
// what lies on the way: the t of a jump's target is known.
func ancestorAt(ctx context.Context, g cas.Getter, c Commit, t uint64) (Commit, error) {
	for c.T > t {
		id := c.parent()
		if jumpT(c.T) >= t {
			id = c.jump
		}
		older, err := ReadCommit(ctx, g, id)
		if err != nil {
			return Commit{}, err
		}
		if older.T >= c.T {
			return Commit{}, &cas.CorruptError{CID: c.ID, Reason: "its parent is not older"}
		}
		c = older
	}
	if c.T != t {
		return Commit{}, fmt.Errorf("transaction %d: %w", t, cas.ErrNotFound)
	}
	return c, nil
}

// CommitOf is the commit of transaction t on the line that db comes from. Of one that GC has dropped only T and At are known.
func (db DB) CommitOf(ctx context.Context, t uint64) (Commit, error) {
	c, err := ancestorAt(ctx, db.s.env, db.s.commit, t)
	if !errors.Is(err, ErrPruned) {
		return c, err
	}
	at, err := db.Instant(ctx, t)
	return Commit{T: t, At: at}, err
}

// jumpT is the t that the commit of transaction t jumps to. With t written as a
// sum of numbers 2^k-1, greatest first, it is t less the last of them
// (E. Myers, "An applicative random-access stack", 1983).
func jumpT(t uint64) uint64 {
	rest, last := t, uint64(0)
	for rest > 0 {
		last = 1
		for 2*last+1 <= rest {
			last = 2*last + 1
		}
		rest -= last
	}
	return t - last
}

// jumpFrom is the jump of a commit whose first parent is p.
func jumpFrom(ctx context.Context, g cas.Getter, p Commit) (cid.Cid, error) {
	if jumpT(p.T+1) == p.T {
		return p.ID, nil
	}
	j, err := ReadCommit(ctx, g, p.jump)
	if err != nil {
		return cid.Undef, err
	}
	return j.jump, nil
}
