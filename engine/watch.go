package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// lookEvery is how long a move of a ref can go unnoticed where the store does not tell of it.
const lookEvery = 500 * time.Millisecond

// Watch yields the commits that the branch gets after the commit from, oldest first, by whatever process, as they come: within
// half a second, and sooner where the store is a cas.Notifier. With cid.Undef it begins after the head of this moment. Of a
// merge it yields the merge, not what the other branch had. A branch that was moved elsewhere goes on from where the two lines part.
// It ends with ctx, or with the first error, which is yielded.
func (c *Conn) Watch(ctx context.Context, from cid.Cid) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		moved := make(chan struct{}, 1)
		if n, ok := cas.As[cas.Notifier](c.store); ok {
			_ = n.Notify(ctx, moved) // without, it looks from time to time
		}
		if err := c.follow(ctx, from, moved, func(commit Commit) bool { return yield(commit, nil) }); err != nil {
			yield(Commit{}, fmt.Errorf("watch: %w", err))
		}
	}
}

// follow calls f with each commit after from, until that returns false.
func (c *Conn) follow(ctx context.Context, from cid.Cid, moved <-chan struct{}, f func(Commit) bool) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for last := from; ; {
		head, err := c.store.Ref(ctx, c.ref)
		if err != nil {
			return err
		}
		if last.Defined() && head != last {
			cas.Settle(ctx, c.store) // who is told of it looks at it, perhaps through a mount
			commits, err := c.between(ctx, last, head)
			if err != nil {
				return err
			}
			for _, commit := range commits {
				if !f(commit) {
					return nil
				}
			}
		}
		last = head
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		case <-tick.C:
		}
	}
}

// between are the commits on the line of head that old does not come from, oldest first.
func (c *Conn) between(ctx context.Context, old, head cid.Cid) ([]Commit, error) {
	a, err := ReadCommit(ctx, c.env, old)
	if err != nil {
		return nil, err
	}
	b, err := ReadCommit(ctx, c.env, head)
	if err != nil {
		return nil, err
	}
	base, err := MergeBase(ctx, c.env, a, b)
	if err != nil {
		return nil, err
	}
	var commits []Commit
	for commit, err := range Log(ctx, c.env, head) {
		if err != nil {
			return nil, err
		}
		if commit.ID == base.ID || !commit.At.After(base.At) && len(base.Parents) > 0 {
			break
		}
		commits = append(commits, commit)
	}
	slices.Reverse(commits)
	return commits, nil
}
