//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/ipfs/go-cid"
)

// goneError says that the server has removed a branch on which there are commits of this browser.
type goneError struct {
	branch  string
	commits int
}

func (e *goneError) Error() string {
	return fmt.Sprintf("the branch %s was removed at the server, which does not have %d commits that were made here", e.branch, e.commits)
}

// Unwrap makes it a conflict.
func (e *goneError) Unwrap() error { return cas.ErrConflict }

// lacking are the refs of this browser that are not among those of the server.
func lacking(ctx context.Context, s cas.Refs, there []cas.Ref) ([]string, error) {
	known := map[string]bool{}
	for _, r := range there {
		known[r.Name] = true
	}
	here, err := s.Refs(ctx)
	var names []string
	for _, r := range here {
		name := strings.Replace(r.Name, string(engine.Branch)+origin, string(engine.Branch), 1)
		if !known[name] {
			names = append(names, name)
		}
	}
	return names, err
}

// dropGone removes those refs that the server had and has no more: tags, which are made there only, and branches on which nothing is that was made here. It
// returns what it removed.
func dropGone(ctx context.Context, s cas.RefStore, lacked []string) (removed []string, err error) {
	for _, name := range lacked {
		branch, isBranch := strings.CutPrefix(name, string(engine.Branch))
		switch {
		case own(name):
			continue
		case isBranch:
			ok, err := untouched(ctx, s, branch)
			if err != nil {
				return removed, err
			}
			if !ok {
				continue
			}
			if err := unpoint(ctx, s, string(engine.Branch)+origin+branch); err != nil {
				return removed, err
			}
		case !strings.HasPrefix(name, string(engine.Tag)):
			continue
		}
		removed = append(removed, name)
		if err := unpoint(ctx, s, name); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// untouched tells whether a branch came from a server, and has nothing that was not there.
func untouched(ctx context.Context, s cas.RefStore, branch string) (bool, error) {
	_, theirs, all, err := waiting(ctx, s, branch)
	if errors.Is(err, cas.ErrNotFound) { // there is what the server had, and no branch of it
		return true, nil
	}
	return err == nil && theirs.ID.Defined() && len(all) == 0, err
}

// unpoint removes a ref, if there is one.
func unpoint(ctx context.Context, s cas.Refs, ref string) error {
	at, err := s.Ref(ctx, ref)
	if errors.Is(err, cas.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.SetRef(ctx, ref, at, cid.Undef)
}
