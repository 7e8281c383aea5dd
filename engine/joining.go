package engine

import (
	"context"

	"github.com/dhfs/dhfs/engine/edn"
	"github.com/ipfs/go-cid"
)

// TransactJoining is Transact for an import of transactions that others made. Besides the head of the branch the commit has
// parents, which must be in the store, if it was a merge where it comes from. Nothing is merged: what the transaction does is what forms say.
// The last transaction stores all nodes, as TransactLast does.
func (c *Conn) TransactJoining(ctx context.Context, forms []edn.Value, parents []cid.Cid, last bool, m Meta) (Report, error) {
	due := flushed
	if last {
		due = func(novelty, int) bool { return true }
	}
	var r Report
	attempts, err := c.retry(ctx, m, func() (err error) {
		r, err = c.attempt(ctx, forms, m, due, joined{parents: parents})
		return err
	})
	r.Attempts = attempts
	return r, err
}
