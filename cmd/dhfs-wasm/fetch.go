//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/cas/casidb"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// admit makes the store of a database that is to be fetched, if there is one to fetch. A partial one is of what is at the URL from.
func (a *app) admit(ctx context.Context, far cas.RefStore, name, from string) error {
	refs, err := far.Refs(ctx)
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		return fmt.Errorf("there is no database to fetch: %w", cas.ErrNotFound)
	}
	var s *casidb.Store
	if from == "" {
		s, err = casidb.Create(ctx, name)
	} else {
		s, err = casidb.CreatePartial(ctx, name, from)
	}
	if err != nil {
		return err
	}
	return s.Close()
}

// fetchedAll is what fetchAll has done.
type fetchedAll struct {
	synced
	branches []cas.Ref          // the server's
	removed  []string           // refs that the server no longer has
	clean    map[string]cid.Cid // where branches are on which nothing was made here
}

// fetchAll brings what the server's branches and tags lead to, and notes where its branches are. None of the user's moves, but those go that the server has
// removed. A partial replica fetches names only.
func (a *app) fetchAll(ctx context.Context, o *opened, far cas.RefStore, tell func(any)) (got fetchedAll, err error) {
	refs, err := far.Refs(ctx)
	if err != nil {
		return got, err
	}
	lacked, err := lacking(ctx, o.store, refs)
	if err != nil {
		return got, err
	}
	if got.clean, err = cleanOf(ctx, o.store); err != nil {
		return got, err
	}
	if got.removed, err = dropGone(ctx, o.store, lacked); err != nil {
		return got, err
	}
	var wanted []string
	for _, r := range refs {
		branch, isBranch := strings.CutPrefix(r.Name, string(engine.Branch))
		to := r.Name
		switch {
		case own(r.Name) || !isBranch && !strings.HasPrefix(r.Name, string(engine.Tag)):
			continue
		case isBranch:
			got.branches = append(got.branches, cas.Ref{Name: branch, CID: r.CID})
			to = string(engine.Branch) + origin + branch
		}
		if o.store.From() == "" {
			wanted = append(wanted, r.Name+":"+to)
		} else if err := point(ctx, o.store, to, r.CID); err != nil {
			return got, err
		}
	}
	if len(wanted) == 0 {
		return got, nil
	}
	done, err := engine.Sync(ctx, o.store, far, engine.SyncOptions{Refs: wanted, Force: true, Progress: func(s engine.Sent) { tell(syncedOf(s)) }})
	got.synced = syncedOf(done.Sent)
	return got, err
}

// point has a ref point at a commit, wherever it did.
func point(ctx context.Context, s cas.Refs, ref string, to cid.Cid) error {
	old, err := s.Ref(ctx, ref)
	if errors.Is(err, cas.ErrNotFound) {
		old, err = cid.Undef, nil
	}
	if err != nil || old == to {
		return err
	}
	return s.SetRef(ctx, ref, old, to)
}

// cleanOf are the branches that are where the server's were, so that nothing was made on them here.
func cleanOf(ctx context.Context, s cas.Refs) (map[string]cid.Cid, error) {
	refs, err := s.Refs(ctx)
	at, clean := map[string]cid.Cid{}, map[string]cid.Cid{}
	for _, r := range refs {
		at[r.Name] = r.CID
	}
	for name, id := range at {
		if branch, ok := strings.CutPrefix(name, string(engine.Branch)); ok && at[string(engine.Branch)+origin+branch] == id {
			clean[branch] = id
		}
	}
	return clean, err
}

// advance moves a branch to where the server's is: forward, or wherever that went if nothing was made on it here.
func (f fetchedAll) advance(ctx context.Context, s cas.RefStore, branch string, to cid.Cid) (engine.SyncedRef, error) {
	r := engine.SyncedRef{Name: string(engine.Branch) + branch, Source: to, Target: f.clean[branch], Outcome: engine.RefForward}
	if r.Target.Defined() && r.Target != to {
		if err := s.SetRef(ctx, r.Name, r.Target, to); !errors.Is(err, cas.ErrConflict) {
			return r, err
		} // else another tab was faster
	}
	return forward(ctx, s, branch, to)
}

// forward moves a branch to a commit that is here, if that comes from where it is.
func forward(ctx context.Context, s cas.RefStore, branch string, to cid.Cid) (engine.SyncedRef, error) {
	r := engine.SyncedRef{Name: string(engine.Branch) + branch, Source: to, Outcome: engine.RefNew}
	var err error
	if r.Target, err = s.Ref(ctx, r.Name); errors.Is(err, cas.ErrNotFound) {
		return r, s.SetRef(ctx, r.Name, cid.Undef, to)
	}
	if err != nil || r.Target == to {
		r.Outcome = engine.RefSame
		return r, err
	}
	ours, err := engine.ReadCommit(ctx, s, r.Target)
	if err != nil {
		return r, err
	}
	theirs, err := engine.ReadCommit(ctx, s, to)
	if err != nil {
		return r, err
	}
	base, err := engine.MergeBase(ctx, s, ours, theirs)
	if err != nil {
		return r, err
	}
	r.Base = base.ID
	switch base.ID {
	case theirs.ID:
		r.Outcome = engine.RefAhead
	case ours.ID:
		r.Outcome = engine.RefForward
		return r, s.SetRef(ctx, r.Name, r.Target, to)
	default:
		r.Outcome = engine.RefDiverged
	}
	return r, nil
}

// refresh moves the branches of a partial replica to where the server's are.
func (a *app) refresh(ctx context.Context, o *opened, far cas.RefStore, tell func(any)) (any, error) {
	got, err := a.fetchAll(ctx, o, far, tell)
	if err != nil {
		return nil, err
	}
	result := got.synced
	result.dropped(got.removed)
	var diverged engine.DivergedError
	for _, b := range got.branches {
		r, err := got.advance(ctx, o.store, b.Name, b.CID)
		if err != nil {
			return nil, err
		}
		if r.Outcome == engine.RefDiverged {
			diverged.Refs = append(diverged.Refs, r)
		}
		result.Refs = append(result.Refs, syncedRef{r.Name, string(r.Outcome), r.Source.String()})
	}
	if len(diverged.Refs) > 0 {
		return nil, &diverged
	}
	return result, nil
}

// noteOrigins remembers where the server's branches are, as far as what they lead to is here.
func noteOrigins(ctx context.Context, s cas.RefStore, refs []engine.SyncedRef, push bool) error {
	for _, r := range refs {
		branch, ok := strings.CutPrefix(r.Name, string(engine.Branch))
		if !ok || own(r.Name) {
			continue
		}
		switch r.Outcome {
		case engine.RefSame, engine.RefNew, engine.RefForward, engine.RefForced:
		case engine.RefAhead:
			if push {
				continue
			}
		default:
			continue
		}
		if err := point(ctx, s, string(engine.Branch)+origin+branch, r.Source); err != nil {
			return err
		}
	}
	return nil
}

// sendable are the refs that a server is to get: those that are named, or all that are the user's.
func sendable(ctx context.Context, s cas.Refs, named []string) ([]string, error) {
	if len(named) > 0 {
		return named, nil
	}
	refs, err := s.Refs(ctx)
	for _, r := range refs {
		if !own(r.Name) && r.Name != cas.AbsentRef {
			named = append(named, r.Name)
		}
	}
	return named, err
}
