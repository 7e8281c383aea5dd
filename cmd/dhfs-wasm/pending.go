//go:build js && wasm

package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// unsent are the commits that ours comes from and theirs does not, newest first.
func unsent(ctx context.Context, g cas.Getter, ours, theirs engine.Commit) ([]engine.Commit, error) {
	var all []engine.Commit
	seen, todo := map[cid.Cid]bool{}, []cid.Cid{ours.ID}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		c, err := engine.ReadCommit(ctx, g, id)
		if err != nil {
			return nil, err
		}
		known, err := engine.Contains(ctx, g, theirs, c)
		if err != nil {
			return nil, err
		}
		if !known {
			all, todo = append(all, c), append(todo, c.Parents...)
		}
	}
	slices.SortStableFunc(all, func(x, y engine.Commit) int { return y.At.Compare(x.At) })
	return all, nil
}

// waiting are the commits of a branch that are not known to be at the server; ours is its head, and theirs where the server's was
// last. Of a branch that comes from no server none are.
func waiting(ctx context.Context, s cas.RefStore, branch string) (ours, theirs engine.Commit, all []engine.Commit, err error) {
	theirs, err = commitAt(ctx, s, origin+branch)
	if errors.Is(err, cas.ErrNotFound) {
		return ours, theirs, nil, nil
	}
	if err == nil {
		ours, err = commitAt(ctx, s, branch)
	}
	if err == nil {
		all, err = unsent(ctx, s, ours, theirs)
	}
	return ours, theirs, all, err
}

// pending tells what was committed here and is not known to be at the server, and what of it is in conflict with what the server had last.
func (a *app) pending(ctx context.Context, q struct {
	Name   string `json:"name"`
	Branch string `json:"branch"`
}, _ func(any)) (any, error) {
	out := struct {
		Commits   []commit   `json:"commits"`
		Conflicts []conflict `json:"conflicts"`
	}{[]commit{}, []conflict{}}
	o, err := a.open(ctx, q.Name)
	if err != nil {
		return nil, err
	}
	branch := cmp.Or(q.Branch, "main")
	ours, _, all, err := waiting(ctx, o.store, branch)
	if err != nil || len(all) == 0 {
		return out, err
	}
	for _, c := range all {
		out.Commits = append(out.Commits, commitOf(c))
	}
	there, err := a.conn(ctx, o, origin+branch)
	if err != nil {
		return nil, err
	}
	_, err = there.TryMerge(ctx, ours.ID, nil)
	var undecided *engine.ConflictError
	if !errors.As(err, &undecided) {
		return out, err
	}
	db, err := there.DB(ctx)
	if err == nil {
		out.Conflicts, err = conflictsOf(ctx, db, undecided.Conflicts)
	}
	return out, err
}
