package cass3

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// fenceTries is how often a ref is tried that others move meanwhile.
const fenceTries = 256

// fence moves all refs to an epoch, also those that were removed, and returns what they point at: after that no transaction that began before can move one.
func (c *collection) fence(ctx context.Context, epoch uint64) ([]cas.Ref, error) {
	keys, err := c.s.client.list(ctx, "refs/")
	if err != nil {
		return nil, fmt.Errorf("list refs: %w", err)
	}
	refs := make([]cas.Ref, len(keys))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, k := range keys {
		name := strings.ReplaceAll(strings.TrimPrefix(k.key, "refs/"), "!", "/")
		if cas.CheckRefName(name) != nil {
			continue // not made by this program
		}
		g.Go(func() (err error) {
			refs[i], err = c.fenceOne(inner, name, epoch)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	refs = slices.DeleteFunc(refs, func(r cas.Ref) bool { return !r.CID.Defined() })
	slices.SortFunc(refs, func(a, b cas.Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs, nil
}

func (c *collection) fenceOne(ctx context.Context, name string, epoch uint64) (cas.Ref, error) {
	for range fenceTries {
		cur, err := c.s.readRef(ctx, name)
		if err != nil {
			return cas.Ref{}, err
		}
		if cur == nil { // nobody removes them
			return cas.Ref{}, fmt.Errorf("ref %s is gone: %w", name, cas.ErrConflict)
		}
		if cur.epoch >= epoch { // only another collector can have done that, when this one was stopped
			return cas.Ref{}, errOvertaken
		}
		c.s.expect(cur)
		next := c.redirected(cur, epoch)
		err = c.s.swap(ctx, name, cur, next, next.encode(c.s.wherever(c)))
		if err == nil {
			return cas.Ref{Name: name, CID: cur.id}, nil
		}
		if !errors.Is(err, errMoved) {
			return cas.Ref{}, err
		}
	}
	return cas.Ref{}, fmt.Errorf("ref %s: others move it all the time: %w", name, cas.ErrConflict)
}

// expect notes that writers are going to remove the old packs of a ref, also such writers as come too late to move it: no block may depend on these packs.
func (s *shared) expect(o *refObject) {
	if o != nil {
		s.replace(o.old)
	}
}

// redirected is cur in another epoch, with packs that stay. It brings along only what was found to be live, or garbage would be read in it.
func (c *collection) redirected(cur *refObject, epoch uint64) *refObject {
	o := cur.again()
	o.epoch, o.grown = epoch, 0
	gone := map[packID]bool{}
	for _, id := range c.doomed {
		gone[id] = true
	}
	o.packs = nil
	for _, p := range slices.Backward(c.packs) {
		if c.copied[p.id] {
			o.packs = append(o.packs, p)
		}
	}
	o.packs = append(o.packs, without(slices.Clone(cur.packs), gone)...)
	o.packs = o.packs[:min(len(o.packs), maxPacks)]
	o.old = slices.DeleteFunc(slices.Clone(cur.old), func(id packID) bool { return gone[id] })
	where := c.s.wherever(c)
	stays := func(list []inlined) (kept []inlined) {
		for _, i := range list {
			if !c.place(i.id).known() {
				continue
			}
			i.at = where(i.id)
			kept = append(kept, i)
		}
		return kept
	}
	o.recent, o.top = stays(cur.recent), stays(cur.top)
	return o
}

// wherever is where a block will be, or else is now.
func (s *shared) wherever(c *collection) func(cid.Cid) location {
	return func(id cid.Cid) location {
		if at := c.place(id); at.known() {
			return at
		}
		return s.where(id)
	}
}
