package cass3

import (
	"encoding/binary"
	"maps"
	"slices"
)

// hideMost is how many blocks are hidden at most, two or three bytes each: whoever opens the store reads where they are.
const hideMost = 2048

// hidden are the places of garbage in packs that stay, since most of them is live. It is not there for anybody: as a block it would have to keep all that it links to.
// The same block is there again when it is put again, into another pack.
type hidden map[packID]map[uint32]struct{}

func hiddenIn(offsets map[packID][]uint32) hidden {
	h := hidden{}
	for id, offs := range offsets {
		if len(offs) == 0 {
			continue
		}
		h[id] = make(map[uint32]struct{}, len(offs))
		for _, off := range offs {
			h[id][off] = struct{}{}
		}
	}
	return h
}

// hides tells whether a record is hidden.
func (s *shared) hides(at location) bool {
	h := s.hidden.Load()
	if h == nil || len(*h) == 0 {
		return false
	}
	_, ok := (*h)[at.pack][at.off]
	return ok
}

func (h hidden) appendTo(dst []byte) []byte {
	if len(h) == 0 {
		return dst
	}
	ids := slices.SortedFunc(maps.Keys(h), func(a, b packID) int { return slices.Compare(a[:], b[:]) })
	dst = binary.AppendUvarint(dst, uint64(len(ids)))
	for _, id := range ids {
		dst = append(dst, id[:]...)
		dst = binary.AppendUvarint(dst, uint64(len(h[id])))
		before := uint32(0)
		for _, off := range slices.Sorted(maps.Keys(h[id])) {
			dst = binary.AppendUvarint(dst, uint64(off-before))
			before = off
		}
	}
	return dst
}

func (r *reader) hidden() hidden {
	h := hidden{}
	for range r.count() {
		id := r.id()
		h[id] = map[uint32]struct{}{}
		off := uint32(0)
		for range r.count() {
			off += uint32(r.uvarint())
			h[id][off] = struct{}{}
		}
	}
	return h
}
