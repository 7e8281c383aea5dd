package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Open opens a commit. g must hold everything that the commit reaches. Wrap g
// with Cached to open many commits.
func Open(ctx context.Context, g cas.Getter, commit cid.Cid) (DB, error) {
	e := envOf(g)
	c, err := ReadCommit(ctx, e, commit)
	if err != nil {
		return DB{}, fmt.Errorf("open: %w", err)
	}
	s, err := openCommit(ctx, e, c, nil)
	if err != nil {
		return DB{}, fmt.Errorf("open: %w", err)
	}
	return DB{s: s}, nil
}

// openCommit takes the base of c and replays the transactions since, which must
// lead to c's root. It starts from known instead where that comes upon the way;
// known may be nil.
func openCommit(ctx context.Context, e *env, c Commit, known *state) (*state, error) {
	steps, size, start, err := readTail(ctx, e, c, known)
	if err != nil {
		return nil, err
	}
	if start == nil {
		if start, err = readSnapshot(ctx, e, c.Base); err != nil {
			return nil, err
		}
	}
	s, err := start.replay(ctx, steps, nil)
	if err != nil {
		return nil, fmt.Errorf("replay %d transactions before commit %s: %w", len(steps), c.ID, err)
	}
	if s == start {
		s = start.edited()
	}
	s.commit, s.before, s.t, s.at, s.next = c, nil, c.T, c.At, c.next
	s.tail.bytes += size
	if s.root() != c.Root {
		return nil, &cas.CorruptError{CID: c.ID, Reason: fmt.Sprintf("its transactions lead to snapshot %s instead of %s", s.root(), c.Root)}
	}
	return s, nil
}

// readTail reads the transactions from c back to its base, or to known, which
// is then where to start from.
func readTail(ctx context.Context, e *env, c Commit, known *state) (steps []step, size int, start *state, err error) {
	base := c.Base
	for left := c.Tail; left > 0; left-- {
		if known != nil && known.commit.ID == c.ID {
			start = known
			break
		}
		if c.Base != base || c.Tail != left {
			return nil, 0, nil, &cas.CorruptError{CID: c.ID, Reason: "its base or tail is not that of the commits after it"}
		}
		tx, n, err := readTx(ctx, e, c)
		if err != nil {
			return nil, 0, nil, err
		}
		size += n
		steps = append(steps, step{c.T, c.At, tx.Datoms})
		if left == 1 && known == nil {
			break
		}
		if c, err = ReadCommit(ctx, e, c.parent()); err != nil {
			return nil, 0, nil, err
		}
	}
	if known != nil && known.commit.ID == c.ID {
		start = known
	}
	slices.Reverse(steps)
	return steps, size, start, nil
}
