package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// BeforePurges counts the commits in the store that a purge has behind it, and that so have what was purged. holders
// are the refs that reach some of them otherwise than through the purge: without them, GC drops those commits when
// it is to drop what was purged.
func BeforePurges(ctx context.Context, s cas.RefStore) (commits int, holders []string, err error) {
	refs, err := s.Refs(ctx)
	if err != nil {
		return 0, nil, err
	}
	before := map[cid.Cid]bool{}
	err = eachSincePurges(ctx, s, refs, func(_ string, c Commit) {
		if c.Purged > 0 {
			for _, id := range c.Parents {
				before[id] = true
			}
		}
	})
	if err != nil || len(before) == 0 {
		return 0, nil, err
	}
	err = eachSincePurges(ctx, s, refs, func(ref string, c Commit) {
		if before[c.ID] && !slices.Contains(holders, ref) {
			holders = append(holders, ref)
		}
	})
	if err != nil {
		return 0, nil, err
	}
	n, err := countReached(ctx, s, before)
	return n, holders, err
}

// eachSincePurges visits the commits of each ref, those before its purges left out.
func eachSincePurges(ctx context.Context, s cas.RefStore, refs []cas.Ref, visit func(ref string, c Commit)) error {
	for _, r := range refs {
		head, err := ReadCommit(ctx, s, r.CID)
		if errors.Is(err, errNoCommit) {
			continue
		}
		if err != nil {
			return err
		}
		err = Retention{Purged: true}.history(ctx, s, head, nothing, func(c Commit) bool { visit(r.Name, c); return true })
		if err != nil {
			return err
		}
	}
	return nil
}

// countReached is how many commits some of them reach whose transactions are in the store.
func countReached(ctx context.Context, s cas.RefStore, from map[cid.Cid]bool) (int, error) {
	seen := map[cid.Cid]bool{}
	for id := range from {
		head, err := ReadCommit(ctx, s, id)
		if errors.Is(err, cas.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		var failed error
		err = Retention{}.history(ctx, s, head, nothing, func(c Commit) bool {
			has, err := s.Has(ctx, c.Tx)
			if err != nil {
				failed = err
			}
			if !has || seen[c.ID] {
				return false
			}
			seen[c.ID] = true
			return true
		})
		if err := errors.Join(err, failed); err != nil {
			return 0, err
		}
	}
	return len(seen), nil
}

// nothing is missing where only the commits matter.
func nothing(cid.Cid) bool { return false }
