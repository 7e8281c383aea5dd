package cass3

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"strings"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// lookForPacks asks which packs there are, and what is in those that are new.
func (s *Store) lookForPacks(ctx context.Context) error {
	_, err := s.listPacks(ctx)
	return err
}

// listPacks is lookForPacks, and what was listed.
func (s *Store) listPacks(ctx context.Context) ([]listed, error) {
	for try := 0; ; try++ {
		since := s.now()
		all, err := s.listIn(ctx, since)
		if err != nil || s.now() == since || try == findTries {
			return all, err
		} // else garbage was removed meanwhile, and what was found does not count
	}
}

// listIn is listPacks in an epoch.
func (s *Store) listIn(ctx context.Context, since uint64) ([]listed, error) {
	before := s.known()
	all, err := s.client.list(ctx, "packs/")
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	there := make(map[packID]bool, len(all))
	for _, o := range all {
		if id, ok := packOf(o.key); ok {
			there[id] = true
		}
	}
	for _, p := range before {
		if !there[p.id] {
			s.vanish(p.id)
		}
	}
	fresh := make([]packInfo, len(all))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, o := range all {
		id, ok := packOf(o.key)
		if !ok {
			continue
		}
		if _, known := s.ofPack(id); known {
			continue
		}
		g.Go(func() error {
			p, counts, err := s.readFoot(inner, id, o.size)
			if errors.Is(err, errNoKey) {
				s.vanish(id)
				return nil
			}
			if counts {
				fresh[i] = p
			}
			return err
		})
	}
	err = g.Wait()
	for _, p := range fresh {
		if p.size > 0 {
			s.addPacks(since, p)
		}
	}
	return all, err
}

// packOf reads the name of a pack.
func packOf(key string) (id packID, ok bool) {
	name, ok := strings.CutPrefix(key, "packs/")
	if !ok || len(name) != 2*idSize {
		return id, false
	}
	n, err := hex.Decode(id[:], []byte(name))
	return id, err == nil && n == idSize
}

// readFoot reads the end of a pack, and with it the index of a small one. It tells whether the pack counts.
func (s *Store) readFoot(ctx context.Context, id packID, size int64) (p packInfo, counts bool, err error) {
	const most = 16 << 10
	fault := func(reason string) error {
		return &cas.CorruptError{Path: s.path(location{pack: id, off: uint32(max(0, size-footSize))}), Reason: reason}
	}
	if size < footSize || size > maxPack {
		return packInfo{}, false, fault(fmt.Sprintf("%d bytes are no pack", size))
	}
	start := max(0, size-most)
	end, err := s.client.getRange(ctx, id.key(), start, size-start)
	if err != nil {
		return packInfo{}, false, fmt.Errorf("read pack: %w", s.damaged(cid.Undef, location{pack: id, off: uint32(start)}, err))
	}
	p, sum, err := parseFoot(id, size, end[len(end)-footSize:])
	if err != nil {
		return packInfo{}, false, fault(err.Error())
	}
	if at := p.index() - start; at >= 0 {
		pieces().Set(pieceKey{s.number.Load(), id, uint32(p.index())}, end[at:at+indexSize(p.entries)])
	}
	if counts, err = s.counts(ctx, p); err == nil && counts && p.replaced > 0 {
		err = s.readReplaced(ctx, p, sum)
	}
	return p, counts && err == nil, err
}

// readReplaced drops the packs of which p has all blocks.
func (s *Store) readReplaced(ctx context.Context, p packInfo, sum uint32) error {
	start := p.index() + indexSize(p.entries)
	data, err := s.piece(ctx, p.id, start, p.size-footSize)
	if err != nil {
		return err
	}
	if crc32.Checksum(data, castagnoli) != sum {
		return &cas.CorruptError{Path: s.path(location{pack: p.id, off: uint32(start)}), Reason: "the sum of the replaced packs does not match"}
	}
	ids := make([]packID, p.replaced)
	for i := range ids {
		copy(ids[i][:], data[i*idSize:])
	}
	s.replace(ids)
	return nil
}

// All implements cas.Store: it reads the indexes of all packs.
func (s *Store) All(ctx context.Context) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		err := s.usable(ctx)
		if err == nil {
			err = s.lookForPacks(ctx)
		}
		if err != nil {
			yield(cid.Undef, err)
			return
		}
		seen := map[[36]byte]bool{}
		for try := 0; ; try++ {
			before := s.vanished.Load()
			if more, err := s.yieldKnown(ctx, seen, yield); !more || err != nil {
				if err != nil {
					yield(cid.Undef, fmt.Errorf("list blocks: %w", err))
				}
				return
			}
			if s.vanished.Load() == before || try == findTries {
				return
			}
			if err := s.lookForPacks(ctx); err != nil { // for those that have their blocks now
				yield(cid.Undef, err)
				return
			}
		}
	}
}

// yieldKnown yields the blocks of all packs that are known; more tells whether others are wanted.
func (s *Store) yieldKnown(ctx context.Context, seen map[[36]byte]bool, yield func(cid.Cid, error) bool) (more bool, err error) {
	for _, p := range s.known() {
		items, err := s.indexPages(ctx, p, 0, pages(p.entries))
		if errors.Is(err, errNoKey) {
			s.vanish(p.id)
			continue
		}
		if err != nil {
			return false, err
		}
		if !s.yieldItems(p.id, items, seen, yield) {
			return false, nil
		}
	}
	return true, nil
}

// yieldItems yields the blocks of an index that were not seen.
func (s *shared) yieldItems(pack packID, items []byte, seen map[[36]byte]bool, yield func(cid.Cid, error) bool) bool {
	for ; len(items) >= entrySize; items = items[entrySize:] {
		key := [36]byte(items)
		if seen[key] || s.hides(placeOf(pack, items)) {
			continue
		}
		seen[key] = true
		if id, err := cidOf([32]byte(items), uint64(binary.BigEndian.Uint32(items[32:]))); !yield(id, err) {
			return false
		}
	}
	return true
}
