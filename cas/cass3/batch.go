package cass3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

const (
	gapMost  = 16 << 10 // bytes that are read along rather than asking twice
	spanMost = 2 << 20  // of one GET
)

// wanted is a block of a batch.
type wanted struct {
	i  int // its number
	id cid.Cid
	at location
}

// GetMany implements cas.Batcher: what lies near each other is read by one GET, and several GETs at once.
func (s *Store) GetMany(ctx context.Context, ids []cid.Cid, got func(int, cas.Block, error)) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	var one sync.Mutex
	tell := func(i int, b cas.Block, err error) {
		one.Lock()
		defer one.Unlock()
		got(i, b, err)
	}
	var rest []wanted
	for i, id := range ids {
		if b, ok := s.block(id); ok {
			tell(i, b, nil)
		} else {
			rest = append(rest, wanted{i: i, id: id})
		}
	}
	if err := s.locateMany(ctx, rest, s.where); err != nil {
		return err
	}
	moved, err := s.getSpans(ctx, rest, tell)
	if err != nil || len(moved) == 0 {
		return err
	}
	for _, w := range moved {
		s.forget(w.id)
	}
	if err := s.locateMany(ctx, moved, s.listedAt); err != nil {
		return err
	}
	moved, err = s.getSpans(ctx, moved, tell)
	for _, w := range moved {
		if err != nil {
			break
		}
		b, getErr := s.Get(ctx, w.id)
		if err = ctx.Err(); err == nil {
			tell(w.i, b, getErr)
		}
	}
	return err
}

// getSpans reads blocks from where they are said to lie. It returns those whose packs are not there any more, since others took them in: where so many lie now is told by
// fewer requests for all of them than for each.
func (s *Store) getSpans(ctx context.Context, rest []wanted, tell func(int, cas.Block, error)) (moved []wanted, err error) {
	var one sync.Mutex
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, span := range spans(rest) {
		g.Go(func() error {
			err := s.getSpan(inner, span, tell)
			if !errors.Is(err, errNoKey) {
				return err
			}
			s.vanish(span[0].at.pack)
			one.Lock()
			defer one.Unlock()
			moved = append(moved, span...)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return moved, ctx.Err()
}

// spans sorts what is wanted and puts together what one GET can read. What has no place comes last, one by one.
func spans(rest []wanted) (all [][]wanted) {
	slices.SortFunc(rest, func(a, b wanted) int {
		return cmp.Or(slices.Compare(a.at.pack[:], b.at.pack[:]), cmp.Compare(a.at.off, b.at.off))
	})
	for len(rest) > 0 {
		n, first := 1, rest[0].at
		for first.known() && n < len(rest) && joins(first, rest[n-1].at, rest[n].at) {
			n++
		}
		all = append(all, rest[:n])
		rest = rest[n:]
	}
	return all
}

// joins tells whether next is to be read with what goes from first to last.
func joins(first, last, next location) bool {
	return next.pack == last.pack && int64(next.off) <= int64(last.end())+gapMost && int64(next.end())-int64(first.off) <= spanMost
}

// getSpan reads what lies together. The error is errNoKey, and nothing told, where its pack is not there any more.
func (s *Store) getSpan(ctx context.Context, span []wanted, tell func(int, cas.Block, error)) error {
	first, end := span[0].at, uint32(0)
	for _, w := range span {
		end = max(end, w.at.end())
	}
	var data []byte
	if first.known() {
		var err error
		if data, err = s.client.getRange(ctx, first.pack.key(), int64(first.off), int64(end-first.off)); err != nil {
			if errors.Is(err, errNoKey) {
				return err
			}
			data = nil // Get finds out what is wrong, and whether another pack has the block
		}
	}
	for _, w := range span {
		if err := ctx.Err(); err != nil {
			return err
		}
		if data != nil {
			off := w.at.off - first.off
			if b, err := s.open(w.id, w.at, data[off:off+w.at.size]); err == nil {
				s.keep(b)
				tell(w.i, b, nil)
				continue
			}
		}
		b, err := s.Get(ctx, w.id)
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		tell(w.i, b, err)
	}
	return nil
}

// HasMany implements cas.Batcher.
func (s *Store) HasMany(ctx context.Context, ids []cid.Cid) ([]bool, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	known := make([]bool, len(ids))
	var rest []wanted
	for i, id := range ids {
		if known[i] = s.has(id); !known[i] {
			rest = append(rest, wanted{i: i, id: id})
		}
	}
	err := s.locateMany(ctx, rest, s.listedAt)
	for _, w := range rest {
		known[w.i] = w.at.known()
	}
	return known, err
}

// locateMany finds where blocks lie, by what is known and else in indexes; what is in no pack keeps the zero location.
func (s *Store) locateMany(ctx context.Context, rest []wanted, known func(cid.Cid) location) error {
	unknown := 0
	for i := range rest {
		rest[i].at = known(rest[i].id)
		if !rest[i].at.known() {
			unknown++
		}
	}
	if unknown == 0 {
		return nil
	}
	if err := s.searchMany(ctx, rest, s.known()); err != nil {
		return err
	}
	for _, w := range rest {
		if !w.at.known() && cas.CheckCID(w.id) == nil {
			if err := s.lookForPacks(ctx); err != nil {
				return err
			}
			return s.searchMany(ctx, rest, s.known())
		}
	}
	return nil
}

// searchMany looks into all packs, one block after the other in each: its pages are read once.
func (s *Store) searchMany(ctx context.Context, rest []wanted, packs []packInfo) error {
	for _, p := range packs {
		var todo []*wanted
		for i := range rest {
			if w := &rest[i]; !w.at.known() && cas.CheckCID(w.id) == nil {
				todo = append(todo, w)
			}
		}
		if len(todo) == 0 {
			return nil
		}
		if err := s.searchOne(ctx, todo, p); err != nil {
			return fmt.Errorf("look for %d blocks: %w", len(todo), err)
		}
	}
	return nil
}

func (s *Store) searchOne(ctx context.Context, todo []*wanted, p packInfo) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(todo) > 4 { // rather all of the index at once
		if _, err := s.indexPages(ctx, p, 0, pages(p.entries)); err != nil && !errors.Is(err, errNoKey) {
			return err
		}
	}
	for _, w := range todo {
		at, err := s.inPack(ctx, p, w.id)
		if errors.Is(err, errNoKey) {
			s.vanish(p.id)
			return nil
		}
		if err != nil {
			return err
		}
		if w.at = at; at.known() {
			s.learn(w.id, at)
		}
	}
	return nil
}
