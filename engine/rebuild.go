package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Rebuilt is what a Rebuild has done again.
type Rebuilt struct {
	Transactions int
	Purges       int    // taken from the store as they are, since what they removed is told nowhere
	From         uint64 // t of the first commit there is; taken as it is unless 0
}

// Rebuild makes the trees of head and of each of its first parents anew from the log, beginning with an empty database, and compares each with what
// its commit says. The error is a *cas.CorruptError that names the first commit that differs. progress, unless it is nil, is told the transactions done.
func Rebuild(ctx context.Context, g cas.Getter, head cid.Cid, progress func(done, of int)) (Rebuilt, error) {
	e := envOf(g)
	var line []Commit
	for c, err := range Log(ctx, e, head) {
		if errors.Is(err, ErrPruned) {
			break
		}
		if err != nil {
			return Rebuilt{}, fmt.Errorf("rebuild: %w", err)
		}
		line = append(line, c)
	}
	slices.Reverse(line)
	s, line, err := oldest(ctx, e, line)
	if err != nil {
		return Rebuilt{}, fmt.Errorf("rebuild: %w", err)
	}
	done := Rebuilt{From: s.commit.T}
	for i, c := range line {
		if s, err = s.rebuilt(ctx, c, &done); err != nil {
			return done, fmt.Errorf("rebuild transaction %d: %w", c.T, err)
		}
		if progress != nil {
			progress(i+1, len(line))
		}
	}
	return done, nil
}

// oldest is the state that a rebuilding begins with, and the commits after it. Commits that gc has left for jumps only are passed over.
func oldest(ctx context.Context, e *env, line []Commit) (*state, []Commit, error) {
	for i, c := range line {
		s, err := openCommit(ctx, e, c, nil)
		if errors.Is(err, ErrPruned) && i < len(line)-1 {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if c.T > 0 {
			return s, line[i+1:], nil
		}
		first := &state{env: e, opts: s.opts, commit: c, at: c.At, next: 1, schema: emptySchema(s.opts), trees: emptyTrees(e.nodes)}
		first.ids = identitiesOf(first.schema)
		return first, line[i+1:], first.is(c)
	}
	return nil, nil, fmt.Errorf("no commit: %w", cas.ErrNotFound)
}

// rebuilt is the state after s, of which c is the commit.
func (s *state) rebuilt(ctx context.Context, c Commit, done *Rebuilt) (*state, error) {
	done.Transactions++
	if c.Purged > 0 {
		done.Purges++
		return openCommit(ctx, s.env, c, nil)
	}
	tx, err := ReadTx(ctx, s.env, c)
	if err != nil {
		return nil, err
	}
	next, err := s.apply(ctx, c.T, c.At, tx.Datoms, nil)
	if err != nil {
		return nil, err
	}
	if err := next.is(c); err != nil {
		return nil, err
	}
	if has, err := s.env.has(ctx, c.Base); c.Tail == 0 && has && err == nil { // the same nodes are stored: no need to hold them
		return openCommit(ctx, s.env, c, nil)
	}
	return next, nil
}

// is checks that s is what c says.
func (s *state) is(c Commit) error {
	if s.root() != c.Root {
		return &cas.CorruptError{CID: c.ID, Reason: fmt.Sprintf("the log leads to snapshot %s instead of %s", s.root(), c.Root)}
	}
	return nil
}
