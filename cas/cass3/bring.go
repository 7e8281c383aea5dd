package cass3

import (
	"slices"

	"github.com/ipfs/go-cid"
)

// What a ref object brings along, in bytes as stored. A cold look-up is to read less than 64 KiB, and up to four nodes of 4 KiB come on top.
const (
	bringRecent = 38 << 10
	// bringLog is how much of it is left for the last commits and their transactions, where the commit has stored its nodes.
	bringLog = 6 << 10
	// bringSmall is how many bytes such a block may have, as stored.
	bringSmall = 1 << 10
	bringAll   = 42 << 10
	// bringTail is bringAll where there is a tail, without which no look-up begins: what is left of it there would cost a GET more.
	bringTail = 46 << 10
	bringEach = 8 << 10
	// bringLargest is how many bytes a block may have that is compressed to see whether it is small enough. Nodes have 10 KiB at most.
	bringLargest = 16 << 10
	// smallCommit is how many bytes a commit may have that is added to the recent ones. A larger one has stored its nodes, and replaces them.
	smallCommit = 16 << 10
	// bringMisfits is after how many blocks that had no room no more are tried: each has to be compressed.
	bringMisfits = 8
)

// bringer gathers what a ref object brings along.
type bringer struct {
	s     *Store
	have  map[cid.Cid]*record // at hand
	fresh map[cid.Cid]bool    // new with the commit
	here  map[cid.Cid]bool    // gathered
	left  int                 // bytes
}

// bring fills o: first with the small blocks of the last commits, since a reader goes through them one after the other, then
// with what lies below the commit, level by level.
func (s *Store) bring(o, cur *refObject, p *built) {
	b := bringer{s: s, have: map[cid.Cid]*record{}, fresh: map[cid.Cid]bool{}, here: map[cid.Cid]bool{}, left: bringRecent}
	var before []inlined
	if cur != nil {
		before = cur.recent
		for _, list := range [][]inlined{cur.recent, cur.top} {
			for _, i := range list {
				b.have[i.id] = i.record
			}
		}
	}
	size := 0
	var fresh []*record
	if p != nil {
		fresh = p.fresh
		for _, r := range fresh {
			b.have[r.id] = r
			b.fresh[r.id] = true
			size += r.bytes()
		}
	}
	if size <= smallCommit || allSmall(fresh) {
		for _, r := range slices.Backward(fresh) { // the commit comes last
			o.recent = b.add(o.recent, r)
		}
		for _, r := range before {
			o.recent = b.add(o.recent, r.record)
		}
		b.left += bringTail - bringRecent
	} else {
		o.recent = b.lastCommits(o.id, before)
		b.left += bringAll - bringLog
	}
	o.top = b.below(o.id)
}

// allSmall tells that there are no nodes among the blocks: they are commits and transactions, however many.
func allSmall(fresh []*record) bool {
	return !slices.ContainsFunc(fresh, func(r *record) bool { return r.bytes() > bringSmall })
}

// lastCommits gathers the commit, what it links to that is new and small, and what was gathered so before.
func (b *bringer) lastCommits(id cid.Cid, before []inlined) (list []inlined) {
	b.left = bringLog
	head := b.have[id]
	if head == nil {
		return nil
	}
	list = b.add(list, head)
	for _, child := range head.links {
		if r := b.have[child]; b.fresh[child] && b.room(r) <= bringSmall {
			list = b.add(list, r)
		}
	}
	for _, r := range before {
		if b.room(r.record) <= bringSmall {
			list = b.add(list, r.record)
		}
	}
	return list
}

// add appends a block that is small enough, unless there is no room.
func (b *bringer) add(list []inlined, r *record) []inlined {
	size := b.room(r)
	if b.here[r.id] || size > bringEach || size > b.left {
		return list
	}
	b.here[r.id] = true
	b.left -= size
	return append(list, inlined{r, b.s.where(r.id)})
}

// room is about how many bytes a record takes in a ref object.
func (b *bringer) room(r *record) int { return r.bytes() + 4*len(r.links) + idSize }

// below gathers what lies below the commit, as far as it is at hand: first, level by level, what it reaches through blocks that are new, which are those that it is
// opened from, and then the rest, which is its past.
func (b *bringer) below(id cid.Cid) (list []inlined) {
	seen, misfits := map[cid.Cid]bool{id: true}, 0
	level, later := []cid.Cid{id}, []cid.Cid(nil)
	for len(level) > 0 {
		var next []cid.Cid
		for _, at := range level {
			if misfits == bringMisfits {
				return list
			}
			r := b.record(at)
			if r == nil {
				continue
			}
			list = b.add(list, r)
			if !b.here[at] {
				if b.room(r) <= bringEach { // a smaller one may have room, but not for long
					misfits++
				}
				continue
			}
			for _, child := range r.links {
				switch {
				case seen[child]:
				case at == id && !b.fresh[child]:
					later = append(later, child)
				default:
					seen[child] = true
					next = append(next, child)
				}
			}
		}
		if level = next; len(level) == 0 {
			level, later = slices.DeleteFunc(later, func(id cid.Cid) bool { return seen[id] }), nil
			for _, id := range level {
				seen[id] = true
			}
		}
	}
	return list
}

// record is a block as it is stored, nil when it is not at hand.
func (b *bringer) record(id cid.Cid) *record {
	if r, ok := b.have[id]; ok {
		return r
	}
	block, ok := b.s.block(id)
	if !ok || len(block.Data()) > bringLargest {
		return nil
	}
	r, err := newRecord(block)
	if err != nil {
		return nil
	}
	b.have[id] = r
	return r
}
