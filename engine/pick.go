package engine

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Pick does to the branch what leads from one commit to another, as one transaction: what a commit did, given its parent and itself. What the branch has
// otherwise than from is a conflict where it was changed on the way to to. Entities that are new in to keep their ids where the branch has not given these.
func (c *Conn) Pick(ctx context.Context, from, to cid.Cid, choose func(Conflict) Choice, m Meta) (Merge, error) {
	var out Merge
	attempts, err := c.retry(ctx, m, func() (err error) {
		out, err = c.pick(ctx, from, to, choose, m)
		return err
	})
	out.Attempts = attempts
	return out, err
}

func (c *Conn) pick(ctx context.Context, from, to cid.Cid, choose func(Conflict) Choice, m Meta) (Merge, error) {
	store := cas.Begin(c.store)
	head, err := c.load(ctx)
	if err != nil {
		return Merge{}, fmt.Errorf("pick: %w", err)
	}
	before, err := c.Open(ctx, from)
	if err != nil {
		return Merge{}, fmt.Errorf("pick: %w", err)
	}
	after, err := c.Open(ctx, to)
	if err != nil {
		return Merge{}, fmt.Errorf("pick: %w", err)
	}
	out := Merge{Base: before.s.commit, Report: Report{Before: DB{s: head}}}
	err = c.apply(ctx, threeSides{store: store, shared: plain(before), theirs: after, choose: choose}, &out, m, true)
	return out, err
}
