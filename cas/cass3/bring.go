package cass3

import "github.com/ipfs/go-cid"

// What a ref object brings along, in bytes as stored. A cold look-up is to read less than 64 KiB, and up to four nodes of 4 KiB come on top.
const (
	bringRecent = 28 << 10
	bringAll    = 42 << 10
	bringEach   = 8 << 10
	// bringLargest is how many bytes a block may have that is compressed to see whether it is small enough. Nodes have 10 KiB at most.
	bringLargest = 16 << 10
	// smallCommit is how many bytes a commit may have that is added to the recent ones. A larger one has stored its nodes, and replaces them.
	smallCommit = 16 << 10
	// bringMisfits is after how many blocks that had no room no more are tried: each has to be compressed.
	bringMisfits = 8
)

// bringer gathers what a ref object brings along.
type bringer struct {
	s    *Store
	have map[cid.Cid]*record // at hand
	here map[cid.Cid]bool    // gathered
	left int                 // bytes
}

// bring fills o: first with the small blocks of the last commits, since a reader goes through them one after the other, then
// with what lies below the commit, level by level.
func (s *Store) bring(o, cur *refObject, p *built) {
	b := bringer{s: s, have: map[cid.Cid]*record{}, here: map[cid.Cid]bool{}, left: bringRecent}
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
	if p != nil {
		for _, r := range p.fresh {
			b.have[r.id] = r
			size += r.bytes()
		}
	}
	if size <= smallCommit {
		if p != nil {
			for i := range p.fresh { // the commit comes last
				o.recent = b.add(o.recent, p.fresh[len(p.fresh)-1-i])
			}
		}
		for _, r := range before {
			o.recent = b.add(o.recent, r.record)
		}
	}
	b.left += bringAll - bringRecent
	o.top = b.below(o.id)
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

// below gathers what lies below a block, as far as it is at hand, level by level.
func (b *bringer) below(id cid.Cid) (list []inlined) {
	level, seen, misfits := []cid.Cid{id}, map[cid.Cid]bool{id: true}, 0
	for len(level) > 0 {
		var next []cid.Cid
		for _, id := range level {
			if misfits == bringMisfits {
				return list
			}
			r := b.record(id)
			if r == nil {
				continue
			}
			list = b.add(list, r)
			if !b.here[id] {
				if b.room(r) <= bringEach { // a smaller one may have room, but not for long
					misfits++
				}
				continue
			}
			for _, child := range r.links {
				if !seen[child] {
					seen[child] = true
					next = append(next, child)
				}
			}
		}
		level = next
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
