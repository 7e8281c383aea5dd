package cass3

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

const (
	// splitPut is how many bytes of blocks go into one pack.
	splitPut = 64 << 20
	// mergeMost is how large a pack becomes by taking in older ones.
	mergeMost = 4 << 20
	// swaps is how often a commit is tried while the ref is moved away and back.
	swaps = 16
)

// Put implements cas.Store: one PUT for each 64 MiB.
func (s *Store) Put(ctx context.Context, blocks []cas.Block) error {
	return s.putIn(ctx, s.now(), blocks)
}

// putIn is Put for who has begun in an epoch.
func (s *Store) putIn(ctx context.Context, epoch uint64, blocks []cas.Block) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	records, err := s.fresh(blocks)
	if err != nil || len(records) == 0 {
		return err
	}
	if err := s.probe(ctx); err != nil {
		return err
	}
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && (n == 0 || size+records[n].bytes() <= splitPut) {
			size += records[n].bytes()
			n++
		}
		p := build(epoch, records[:n], nil, s.where)
		if err := s.store(ctx, p); err != nil {
			return fmt.Errorf("put %d blocks: %w", n, err)
		}
		s.list(p.packInfo)
		records = records[n:]
	}
	return nil
}

// fresh are the records of those blocks that are not known to be stored, each once.
func (s *Store) fresh(blocks []cas.Block) ([]*record, error) {
	var records []*record
	seen := make(map[cid.Cid]bool, len(blocks))
	for _, b := range blocks {
		id := b.CID()
		if err := cas.CheckCID(id); err != nil {
			return nil, fmt.Errorf("put: %w", err)
		}
		if id.Type() >= 1<<32 || len(b.Data()) > maxBlock {
			return nil, fmt.Errorf("put block %s: %d bytes of codec 0x%x: at most %d, and a codec below 2^32: %w", id, len(b.Data()), id.Type(), maxBlock, cas.ErrUnsupported)
		}
		if seen[id] || s.has(id) {
			continue
		}
		seen[id] = true
		r, err := newRecord(b)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

func newPackID() packID { return packID(newToken()) }

// store puts a pack and takes note of what is in it.
func (s *Store) store(ctx context.Context, p *built) error {
	if p.size > maxPack {
		return fmt.Errorf("a pack of %d bytes is too large: %w", p.size, cas.ErrUnsupported)
	}
	if _, err := s.client.put(ctx, p.id.key(), p.data, condition{}); err != nil {
		return err
	}
	s.addPacks(p.begun-1, p.packInfo)
	if len(p.data) <= mergeMost/4 { // the next commits may take it in
		pieces().Set(pieceKey{s.number.Load(), p.id, 0}, p.data)
	}
	for _, r := range p.records {
		s.learn(r.id, p.where[r.id])
		if len(r.links) > 0 && r.block.CID().Defined() { // refs may bring it along
			s.keep(r.block)
		}
	}
	return nil
}

// Commit implements cas.Committer: one PUT of a pack, unless all blocks are there, and one of the ref.
func (s *Store) Commit(ctx context.Context, blocks []cas.Block, ref string, old, next cid.Cid) error {
	if err := errors.Join(s.usable(ctx), cas.CheckRefName(ref)); err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := s.commitIn(ctx, s.now(), blocks, ref, old, next)
		if !errors.Is(err, errCollected) || try == swaps {
			s.compare(ctx, ref, err)
			return err
		}
	}
}

// commitIn is Commit for who has begun in an epoch. The error is errCollected when garbage was removed since.
func (s *Store) commitIn(ctx context.Context, epoch uint64, blocks []cas.Block, ref string, old, next cid.Cid) error {
	records, err := s.fresh(blocks)
	if err != nil {
		return err
	}
	moving := s.line(ref).moving
	if err := moving.Acquire(ctx, 1); err != nil {
		return err
	}
	defer moving.Release(1)
	cur, err := s.expected(ctx, ref, old)
	if err != nil {
		return err
	}
	if !old.Defined() && !next.Defined() {
		if cur, err = s.readRef(ctx, ref); err == nil && cur.target().Defined() {
			err = conflict(ref)
		}
		return errors.Join(err, s.putIn(ctx, epoch, blocks))
	}
	if err := s.probe(ctx); err != nil {
		return err
	}
	if err := s.inEpoch(ctx, epoch, cur); err != nil {
		return fmt.Errorf("ref %s: %w", ref, err)
	}
	var p *built
	if len(records) > 0 {
		if cur != nil && len(cur.old) >= maxOld {
			cur = s.dropOld(ctx, cur)
		}
		p = s.merge(ctx, epoch, records, s.listFor(cur))
		if err := s.store(ctx, p); err != nil {
			return fmt.Errorf("commit %d blocks: %w", len(records), err)
		}
	}
	return s.move(ctx, epoch, ref, cur, old, next, p)
}

// move makes ref point at next, of which p is the new pack, or nil.
func (s *Store) move(ctx context.Context, epoch uint64, ref string, cur *refObject, old, next cid.Cid, p *built) (err error) {
	for range swaps {
		if !old.Defined() {
			if cur, err = s.founded(ctx, epoch, ref, cur); err != nil {
				return fmt.Errorf("ref %s: %w", ref, err)
			}
		}
		o := s.following(cur, next, p)
		o.epoch = max(cur.since(), epoch)
		err := s.swap(ctx, ref, cur, o, o.encode(s.where))
		if err == nil {
			s.listed(ref, o, p)
			return nil
		}
		if !errors.Is(err, errMoved) {
			return err
		}
		if cur, err = s.expectedNow(ref, old); err != nil {
			return err
		}
		if err := s.inEpoch(ctx, epoch, cur); err != nil {
			return fmt.Errorf("ref %s: %w", ref, err)
		}
	}
	return conflict(ref)
}

// expectedNow is the ref object as swap has just seen it.
func (s *Store) expectedNow(ref string, old cid.Cid) (*refObject, error) {
	o := s.seen(ref)
	if o.target() != old {
		return nil, conflict(ref)
	}
	return o, nil
}

// listFor are the packs that the next ref object lists, but for a new one; the newest come first.
func (s *shared) listFor(cur *refObject) []packInfo {
	if cur == nil {
		return s.known()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []packInfo
	for _, p := range slices.Backward(s.unlisted) {
		list = append(list, p)
	}
	for _, p := range cur.packs {
		if !slices.ContainsFunc(s.unlisted, func(u packInfo) bool { return u.id == p.id }) && !s.replaced[p.id] && !s.doomed[p.id] {
			list = append(list, p)
		}
	}
	return list
}

// following is the ref object after cur. What it takes over of cur it does not change.
func (s *Store) following(cur *refObject, next cid.Cid, p *built) *refObject {
	o := &refObject{token: newToken(), id: next, packs: s.listFor(cur)}
	if cur != nil {
		o.past = append([]token{cur.token}, cur.past...)
		o.past = o.past[:min(len(o.past), maxPast)]
	}
	if cur != nil {
		o.old = slices.Clone(cur.old)
		o.grown = cur.grown
	}
	if p != nil {
		o.grown += p.size
		for _, q := range o.packs {
			if slices.Contains(p.replaces, q.id) {
				o.grown -= q.size
			}
		}
		o.grown = max(0, o.grown)
		o.old = append(o.old, p.replaces...)
		o.packs = slices.DeleteFunc(o.packs, func(q packInfo) bool { return q.id == p.id || slices.Contains(p.replaces, q.id) })
		o.packs = append([]packInfo{p.packInfo}, o.packs...)
	}
	o.packs = o.packs[:min(len(o.packs), maxPacks)]
	if next.Defined() {
		s.bring(o, cur, p)
	}
	return o
}

// list has the next commits list a pack, if it is still there.
func (s *shared) list(p packInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byID[p.id]; ok {
		s.unlisted = append(s.unlisted, p)
	}
}

// listed notes that a ref lists its packs.
func (s *shared) listed(ref string, o *refObject, p *built) {
	if p != nil {
		s.replace(p.replaces)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlisted = slices.DeleteFunc(s.unlisted, func(u packInfo) bool {
		return slices.ContainsFunc(o.packs, func(q packInfo) bool { return q.id == u.id })
	})
}
