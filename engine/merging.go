package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Merge says how a merge went. Of what there is nothing to do, Report has only Before and After, which are equal.
type Merge struct {
	Report
	Base      Commit     // what both come from
	Forward   bool       // the branch had nothing of its own: it only moved
	Decided   []Conflict // conflicts that choose decided
	Renumbers map[ID]ID  // entities of theirs that have another id in the result
}

// Merge brings what happened up to the commit theirs, since the branch and it parted, into the branch, as one transaction whose
// commit has both as parents. A branch without commits of its own moves to theirs. choose decides conflicts; nil decides
// none. The error is a *ConflictError, and nothing is written, when conflicts are left undecided; it wraps
// ErrUnrelated when the two have no ancestor in common, and is a *TxError when what both did breaks a rule only together.
func (c *Conn) Merge(ctx context.Context, theirs cid.Cid, choose func(Conflict) Choice, m Meta) (Merge, error) {
	var out Merge
	attempts, err := c.retry(ctx, m, func() (err error) {
		out, err = c.merge(ctx, theirs, choose, m, true)
		return err
	})
	out.Attempts = attempts
	return out, err
}

// TryMerge is what Merge would do, in memory only.
func (c *Conn) TryMerge(ctx context.Context, theirs cid.Cid, choose func(Conflict) Choice) (Merge, error) {
	return c.merge(ctx, theirs, choose, Meta{}, false)
}

func (c *Conn) merge(ctx context.Context, theirs cid.Cid, choose func(Conflict) Choice, m Meta, write bool) (Merge, error) {
	store := cas.Begin(c.store)
	head, err := c.load(ctx)
	if err != nil {
		return Merge{}, fmt.Errorf("merge: %w", err)
	}
	other, err := c.Open(ctx, theirs)
	if err != nil {
		return Merge{}, fmt.Errorf("merge: %w", err)
	}
	from := other.s.commit
	bases, err := mergeBases(ctx, c.env, []Commit{head.commit}, []Commit{from})
	if err != nil {
		return Merge{}, fmt.Errorf("merge: %w", err)
	}
	base := bases[0]
	ours := DB{s: head}
	out := Merge{Base: base, Report: Report{Before: ours, After: ours}}
	switch base.ID {
	case from.ID:
		return out, nil
	case head.commit.ID:
		out.Forward, out.After, out.Commit = true, other, from
		if !write {
			return out, nil
		}
		if err := store.SetRef(ctx, c.ref, head.commit.ID, from.ID); err != nil {
			return Merge{}, fmt.Errorf("merge: %w", err)
		}
		c.know(other.s)
		return out, nil
	}
	err = c.apply(ctx, threeSides{store: store, bases: bases, theirs: other, choose: choose, parents: []cid.Cid{from.ID}}, &out, m, write)
	return out, err
}

// Revert undoes what the commit did, as one transaction: what came after it stays, and is a conflict where it builds on what goes.
// Of a merge it undoes what the other branch brought.
func (c *Conn) Revert(ctx context.Context, commit cid.Cid, choose func(Conflict) Choice, m Meta) (Merge, error) {
	var out Merge
	attempts, err := c.retry(ctx, m, func() (err error) {
		out, err = c.revert(ctx, commit, choose, m, true)
		return err
	})
	out.Attempts = attempts
	return out, err
}

// TryRevert is what Revert would do, in memory only.
func (c *Conn) TryRevert(ctx context.Context, commit cid.Cid, choose func(Conflict) Choice) (Merge, error) {
	return c.revert(ctx, commit, choose, Meta{}, false)
}

func (c *Conn) revert(ctx context.Context, commit cid.Cid, choose func(Conflict) Choice, m Meta, write bool) (Merge, error) {
	store := cas.Begin(c.store)
	head, err := c.load(ctx)
	if err != nil {
		return Merge{}, fmt.Errorf("revert: %w", err)
	}
	undone, err := ReadCommit(ctx, c.env, commit)
	if err != nil {
		return Merge{}, fmt.Errorf("revert: %w", err)
	}
	if len(undone.Parents) == 0 {
		return Merge{}, fmt.Errorf("revert: commit %s is the first, before which there is nothing", commit)
	}
	known, err := Contains(ctx, c.env, head.commit, undone)
	if err != nil {
		return Merge{}, fmt.Errorf("revert: %w", err)
	}
	if !known {
		return Merge{}, fmt.Errorf("revert: commit %s is not on the branch: %w", commit, cas.ErrNotFound)
	}
	before, err := c.Open(ctx, undone.parent())
	if err != nil {
		return Merge{}, fmt.Errorf("revert: %w", err)
	}
	out := Merge{Base: undone, Report: Report{Before: DB{s: head}}}
	err = c.apply(ctx, threeSides{store: store, bases: []Commit{undone}, theirs: before, choose: choose}, &out, m, write)
	return out, err
}

// threeSides is what is applied to a head, and what its commit has for parents beside the head.
type threeSides struct {
	store   cas.RefStore // where to, begun before the head was read
	bases   []Commit     // the newest that both sides come from
	shared  *common      // what they have in common, where that is known without bases
	theirs  DB
	choose  func(Conflict) Choice
	parents []cid.Cid
}

// apply does to the head what theirs did since base.
func (c *Conn) apply(ctx context.Context, s threeSides, out *Merge, m Meta, write bool) error {
	if s.shared == nil {
		var err error
		if s.shared, err = merging(ctx, c.env, s.bases, out.Before, s.theirs, len(s.parents) == 0); err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	}
	if s.choose == nil {
		s.choose = func(Conflict) Choice { return Choice{} }
	}
	w, err := merged(ctx, s.shared, out.Before, s.theirs, s.choose)
	if err != nil {
		return err
	}
	out.Decided, out.Renumbers = w.decided, map[ID]ID{}
	for from, to := range w.ids {
		if from != to {
			out.Renumbers[from] = to
		}
	}
	now := c.now()
	if at := s.theirs.At().Add(time.Millisecond); now.Before(at) && len(s.parents) > 0 {
		now = at // a commit is younger than all of its parents
	}
	if !write {
		out.Report, err = out.Before.With(ctx, w.forms, now)
		return err
	}
	head := out.Before.s
	x, err := expand(ctx, out.Before, w.forms, head.t+1, now, head.next)
	if err != nil {
		return err
	}
	also := joined{parents: s.parents}
	if len(s.parents) > 0 {
		if also.renumbered = runs(out.Renumbers); len(out.Renumbers) > maxRenumbered {
			return fmt.Errorf("merge: %d entities have to be given other ids, and %d is the most: merge in smaller steps", len(out.Renumbers), maxRenumbered)
		}
	}
	next, err := c.write(ctx, s.store, head, x, m, c.due(), also)
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	c.know(next)
	out.After, out.Commit, out.Datoms, out.Tempids = DB{s: next}, next.commit, x.datoms, x.tempids
	return nil
}
