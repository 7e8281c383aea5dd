package cass3

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"sort"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// wholeIndex is up to which size an index is read as a whole.
const wholeIndex = 8 << 10

// findTries is how often packs are listed anew that were removed while they were looked into.
const findTries = 8

// locate finds where a block lies, outside of the packs in not: first by what is known, then in the indexes of the packs that are known, then in those of all that
// there are. The error wraps cas.ErrNotFound where it is in none.
func (s *Store) locate(ctx context.Context, id cid.Cid, not map[packID]bool) (location, error) {
	if at := s.where(id); at.known() && !not[at.pack] {
		return at, nil
	}
	return s.find(ctx, id, not)
}

// find is locate by what indexes say, not by hints.
func (s *Store) find(ctx context.Context, id cid.Cid, not map[packID]bool) (location, error) {
	if err := cas.CheckCID(id); err != nil {
		return location{}, err
	}
	asked := map[packID]bool{}
	for id := range not {
		asked[id] = true
	}
	at, err := s.search(ctx, id, asked)
	for try := 0; err == nil && !at.known(); try++ {
		before := s.vanished.Load()
		if err = s.lookForPacks(ctx); err == nil {
			at, err = s.search(ctx, id, asked)
		}
		if !at.known() && (s.vanished.Load() == before || try == findTries) {
			break
		} // else its blocks may be in a pack that was not there when they were listed
	}
	if err == nil && !at.known() {
		err = fmt.Errorf("block %s: %w", id, cas.ErrNotFound)
	}
	return at, err
}

// search looks into the indexes of all packs that were not asked.
func (s *Store) search(ctx context.Context, id cid.Cid, asked map[packID]bool) (location, error) {
	var packs []packInfo
	for _, p := range s.known() {
		if !asked[p.id] {
			asked[p.id] = true
			packs = append(packs, p)
		}
	}
	found := make([]location, len(packs))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, p := range packs {
		g.Go(func() (err error) {
			found[i], err = s.inPack(inner, p, id)
			if errors.Is(err, errNoKey) { // it was removed, and its blocks are elsewhere
				s.vanish(p.id)
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return location{}, fmt.Errorf("look for block %s: %w", id, err)
	}
	for _, at := range found {
		if at.known() {
			s.learn(id, at)
			return at, nil
		}
	}
	return location{}, nil
}

// inPack looks into one index. Digests are as good as random, so where one lies in the order tells about where it lies in the index: the
// pages around that are read, and more only if they are not the right ones.
func (s *Store) inPack(ctx context.Context, p packInfo, id cid.Cid) (location, error) {
	if p.entries == 0 {
		return location{}, nil
	}
	entry := entryOf(id, location{})
	want := entry[:36]
	low, high := 0, pages(p.entries)
	from, to := low, high
	if indexSize(p.entries) > wholeIndex {
		expected := float64(binary.BigEndian.Uint64(want)) / math.MaxUint64 * float64(p.entries)
		spread := 1.5 * math.Sqrt(float64(p.entries)) // three times the standard deviation
		from = max(0, int(expected-spread)/pageItems)
		to = min(high, int(expected+spread)/pageItems+1)
	}
	for {
		items, err := s.indexPages(ctx, p, from, to)
		if err != nil {
			return location{}, err
		}
		n := len(items) / entrySize
		i := sort.Search(n, func(i int) bool { return bytes.Compare(items[i*entrySize:][:36], want) >= 0 })
		switch {
		case i < n && bytes.Equal(items[i*entrySize:][:36], want):
			if at := placeOf(p.id, items[i*entrySize:]); !s.hides(at) {
				return at, nil
			}
			return location{}, nil
		case i == 0 && from > low:
			high = from
			from, to = max(low, from-(to-from)), from
		case i == n && to < high:
			low = to
			from, to = to, min(high, to+(to-from))
		default:
			return location{}, nil
		}
	}
}

func placeOf(p packID, entry []byte) location {
	return location{p, binary.LittleEndian.Uint32(entry[36:]), binary.LittleEndian.Uint32(entry[40:])}
}

// indexPages reads pages of an index and returns their entries, one after the other.
func (s *Store) indexPages(ctx context.Context, p packInfo, from, to int) ([]byte, error) {
	start := p.index() + int64(from)*pageSize
	end := min(p.index()+int64(to)*pageSize, p.index()+indexSize(p.entries))
	data, err := s.indexPiece(ctx, p, start, end)
	if err != nil {
		return nil, err
	}
	items := make([]byte, 0, len(data))
	for off := 0; off < len(data); off += pageSize {
		page := data[off:min(off+pageSize, len(data))]
		n := len(page) - 4
		if n < entrySize || n%entrySize != 0 || crc32.Checksum(page[:n], castagnoli) != binary.LittleEndian.Uint32(page[n:]) {
			return nil, &cas.CorruptError{Path: s.path(location{pack: p.id, off: uint32(start) + uint32(off)}), Reason: "the sum of a page of the index does not match"}
		}
		items = append(items, page[:n]...)
	}
	return items, nil
}

// indexPiece is a part of an index, of the whole if that was read.
func (s *Store) indexPiece(ctx context.Context, p packInfo, start, end int64) ([]byte, error) {
	if all, ok := pieces().GetIfPresent(pieceKey{s.number.Load(), p.id, uint32(p.index())}); ok && int64(len(all)) == indexSize(p.entries) {
		return all[start-p.index() : end-p.index()], nil
	}
	return s.piece(ctx, p.id, start, end)
}

// piece reads bytes of a pack and keeps them.
func (s *Store) piece(ctx context.Context, id packID, start, end int64) ([]byte, error) {
	k := pieceKey{s.number.Load(), id, uint32(start)}
	if data, ok := pieces().GetIfPresent(k); ok && int64(len(data)) == end-start {
		return data, nil
	}
	data, err := s.client.getRange(ctx, id.key(), start, end-start)
	if err != nil {
		return nil, s.damaged(cid.Undef, location{id, uint32(start), uint32(end - start)}, err)
	}
	pieces().Set(k, data)
	return data, nil
}

// damaged makes damage of what a GET says when a pack is shorter than it was when it was written.
func (s *Store) damaged(id cid.Cid, at location, err error) error {
	var short *shortError
	if errors.As(err, &short) || errors.Is(err, errBeyond) {
		return &cas.CorruptError{CID: id, Path: s.path(at), Reason: "the pack ends before: " + err.Error()}
	}
	return err
}
