package datahike

import (
	"context"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/google/uuid"
	"github.com/ipfs/go-cid"
)

// Counts are how many datoms a commit has, as Datahike counts them: its own are among them.
type Counts struct {
	Commit            uuid.UUID
	Current, Temporal int64 // what holds, and what the history has beside it
}

// Counts reads what a commit and the tops of its trees tell.
func (p *InPlace) Counts(ctx context.Context, id cid.Cid) (n Counts, err error) {
	m, ok, err := p.moment(ctx, id)
	if err == nil && !ok {
		err = fmt.Errorf("commit %s: %w", id, cas.ErrNotFound)
	}
	if err != nil {
		return n, err
	}
	c, err := p.light(ctx, m.commit)
	if err != nil {
		return n, err
	}
	n.Commit = c.ID
	if n.Current, err = c.told(ctx, EAVT); err == nil {
		n.Temporal, err = c.told(ctx, TemporalEAVT)
	}
	return n, err
}

// told is how many datoms the commit says that a tree has, or else its top.
func (c *Commit) told(ctx context.Context, i Index) (int64, error) {
	if r, ok := c.trees[i]; ok && r.count >= 0 {
		return r.count, nil
	}
	return c.Count(ctx, i)
}
