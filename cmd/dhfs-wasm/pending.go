//go:build js && wasm

package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/dhfs/dhfs/engine"
	"github.com/dhfs/dhfs/engine/edn"
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
		Commits   []unsentCommit `json:"commits"`
		Conflicts []conflict     `json:"conflicts"`
		Failed    *fault         `json:"failed,omitempty"`
	}{[]unsentCommit{}, []conflict{}, nil}
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
		tx, err := a.formsOf(ctx, o, branch, c)
		if err != nil {
			return nil, err
		}
		out.Commits = append(out.Commits, unsentCommit{commitOf(c), tx})
	}
	there, err := a.conn(ctx, o, origin+branch)
	if err != nil {
		return nil, err
	}
	_, err = there.TryMerge(ctx, ours.ID, nil)
	var undecided *engine.ConflictError
	if !errors.As(err, &undecided) {
		var cannot *refusedError
		if err = refused(ctx, there, all, err); errors.As(err, &cannot) {
			f := faultOf(err)
			out.Failed, err = &f, nil
		}
		return out, err
	}
	out.Conflicts, err = conflictsOf(ctx, there, ours.ID, undecided.Conflicts)
	return out, err
}

// unsentCommit is a commit with what it did as tx data.
type unsentCommit struct {
	commit
	Tx string `json:"tx"` // "" where it joined what the server had
}

// formsOf is what a commit did as tx data, a form a line, with attributes by their idents.
func (a *app) formsOf(ctx context.Context, o *opened, branch string, c engine.Commit) (string, error) {
	if len(c.Parents) != 1 {
		return "", nil
	}
	conn, err := a.conn(ctx, o, branch)
	if err != nil {
		return "", err
	}
	before, err := conn.Open(ctx, c.Parents[0])
	if err != nil {
		return "", err
	}
	after, err := conn.Open(ctx, c.ID)
	if err != nil {
		return "", err
	}
	forms, err := engine.Changes(ctx, before, after)
	if err != nil {
		return "", err
	}
	lines := make([]string, len(forms))
	for i, f := range forms {
		if items := f.Items(); f.Kind() == edn.Vector && len(items) > 2 && items[2].Kind() == edn.Int {
			named := slices.Clone(items)
			named[2] = edn.MakeKeyword(identOf(after, engine.ID(items[2].Int())))
			f = edn.MakeVector(named...)
		}
		lines[i] = f.String()
	}
	return "[" + strings.Join(lines, "\n ") + "]", nil
}
