package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// live gathers the blocks that are to be kept. It may be asked again with other refs: what was found stays.
type live struct {
	store  cas.RefStore
	keep   Retention
	absent cas.Absent // what may be missing already

	progress func(bytes int64) // told of what was read; may be nil
	read     int64

	blocks  map[cid.Cid]struct{}
	commits map[cid.Cid]Commit // kept with all that they are opened from
	jumped  map[cid.Cid]Commit // kept without that, since the jumps of commits to come lead over them
}

func newLive(ctx context.Context, s cas.RefStore, keep Retention, progress func(bytes int64)) (*live, error) {
	absent, err := cas.ReadAbsent(ctx, s)
	return &live{
		store: s, keep: keep, absent: absent, progress: progress,
		blocks: map[cid.Cid]struct{}{}, commits: map[cid.Cid]Commit{}, jumped: map[cid.Cid]Commit{},
	}, err
}

func (l *live) has(id cid.Cid) bool {
	_, ok := l.blocks[id]
	return ok
}

// add finds what refs and pins hold. Pins hold all that they reach, whatever the retention.
func (l *live) add(ctx context.Context, refs []cas.Ref, pins []cid.Cid) error {
	var roots []cid.Cid
	for _, r := range refs {
		if r.Name == cas.AbsentRef {
			l.blocks[r.CID] = struct{}{}
			continue
		}
		more, err := l.addCommits(ctx, r.CID, l.keep)
		if err != nil {
			return fmt.Errorf("ref %s: %w", r.Name, err)
		}
		roots = append(roots, more...)
	}
	for _, id := range pins {
		more, err := l.addCommits(ctx, id, Retention{})
		if err != nil {
			return fmt.Errorf("pinned: %w", err)
		}
		roots = append(roots, more...)
	}
	for b, err := range cas.Walk(ctx, l.store, roots, l.skip(ctx)) {
		if err != nil {
			return err
		}
		l.blocks[b.CID()] = struct{}{}
		if l.read += int64(len(b.Data())); l.progress != nil && len(l.blocks)%256 == 0 {
			l.progress(l.read)
		}
	}
	return nil
}

// skip leaves out of a walk what is known, and what is missing on purpose.
func (l *live) skip(ctx context.Context) func(cid.Cid) bool {
	missing := l.absent.Missing(ctx, l.store)
	return func(id cid.Cid) bool { return l.has(id) || missing(id) }
}

// addCommits takes in the commits that keep leaves of id's history. It returns what they are opened from; id itself if that is no commit.
func (l *live) addCommits(ctx context.Context, id cid.Cid, keep Retention) (roots []cid.Cid, err error) {
	head, err := ReadCommit(ctx, l.store, id)
	if errors.Is(err, errNoCommit) {
		return []cid.Cid{id}, nil
	}
	if err != nil {
		return nil, err
	}
	var fresh []Commit
	everything := keep == Retention{}
	err = keep.history(ctx, l.store, head, l.absent.Missing(ctx, l.store), func(c Commit) bool {
		if _, known := l.commits[c.ID]; known {
			return !everything || keep != l.keep // else so are those before it
		}
		l.commits[c.ID], l.blocks[c.ID] = c, struct{}{}
		fresh, roots = append(fresh, c), append(roots, c.Tx, c.Base)
		return true
	})
	for _, c := range fresh {
		if err == nil {
			err = l.addJumps(ctx, c)
		}
	}
	return roots, err
}

// addJumps keeps the commits that c's jumps lead to, up to the first one.
func (l *live) addJumps(ctx context.Context, c Commit) error {
	for id := c.jump; id.Defined(); id = c.jump {
		if _, ok := l.commits[id]; ok { // and its jumps
			return nil
		}
		if _, ok := l.jumped[id]; ok {
			return nil
		}
		var err error
		if c, err = ReadCommit(ctx, l.store, id); err != nil {
			return err
		}
		l.jumped[id], l.blocks[id] = c, struct{}{}
	}
	return nil
}

// cut is what live commits link to and is not live.
func (l *live) cut() cas.Absent {
	cut := cas.Absent{}
	for _, commits := range []map[cid.Cid]Commit{l.commits, l.jumped} {
		for _, c := range commits {
			for _, id := range append([]cid.Cid{c.jump, c.Tx, c.Base}, c.Parents...) {
				if id.Defined() && !l.has(id) {
					cut[id] = struct{}{}
				}
			}
		}
	}
	return cut
}
