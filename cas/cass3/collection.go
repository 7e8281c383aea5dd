package cass3

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"
)

// name is a block's digest and codec, as an index has them.
type name = [36]byte

// collection is what a collector knows of the packs.
type collection struct {
	s       *Store
	entries map[packID][]byte // their indexes
	packs   []packInfo        // that are there, the oldest first
	size    map[packID]int64
	copied  map[packID]bool // packs that it has written

	thorough bool // no byte of what is garbage is to stay
	garbage  map[name]bool
	buried   bool                 // packs go that have bytes of what was removed before
	hidden   map[packID][]uint32  // where garbage lies in packs that stay
	at       map[cid.Cid]location // of live blocks, in packs that stay
	doomed   []packID
}

// survey reads the indexes of all packs.
func (c *collection) survey(ctx context.Context) error {
	all, err := c.s.listPacks(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b listed) int { return a.modified.Compare(b.modified) })
	found := make([][]byte, len(all))
	infos := make([]packInfo, len(all))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, o := range all {
		id, ok := packOf(o.key)
		if !ok {
			continue // not made by this program
		}
		g.Go(func() (err error) {
			p, ok := c.s.ofPack(id)
			if !ok {
				p, _, err = c.s.readFoot(inner, id, o.size) // it does not count, or belongs to a collector that has not come to its end
			}
			infos[i] = p
			if found[i] = c.entries[id]; found[i] == nil && err == nil {
				found[i], err = c.s.indexPages(inner, p, 0, pages(p.entries))
			}
			if errors.Is(err, errNoKey) { // another process has removed it: its blocks are elsewhere
				infos[i], err = packInfo{}, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	c.packs, c.size = nil, map[packID]int64{}
	for i, p := range infos {
		if p.size > 0 {
			c.packs = append(c.packs, p)
			c.entries[p.id], c.size[p.id] = found[i], p.size
		}
	}
	return nil
}

// source is a live block that no pack has which stays.
type source struct {
	id cid.Cid
	at location
}

// choose decides which packs stay: those of which at least half of the bytes are live and in no larger one; of those with garbage none if it is to be thorough, nor so many that
// too much would have to be hidden. It returns what has to be copied from the others, by pack, the oldest first.
func (c *collection) choose(keep func(cid.Cid) bool) (need [][]source, err error) {
	live := map[name]cid.Cid{}
	c.garbage, c.at, c.doomed, c.hidden, c.buried = map[name]bool{}, map[cid.Cid]location{}, nil, map[packID][]uint32{}, false
	var whole, rest []packInfo
	for _, p := range c.packs {
		var dead []uint32
		for items := c.entries[p.id]; len(items) >= entrySize; items = items[entrySize:] {
			n, at := name(items), placeOf(p.id, items)
			if c.s.hides(at) {
				dead = append(dead, at.off)
				c.buried = c.buried || c.thorough
				continue
			}
			if _, known := live[n]; known {
				continue
			}
			if c.garbage[n] {
				dead = append(dead, at.off)
				continue
			}
			id, err := cidOf([32]byte(items), uint64(binary.BigEndian.Uint32(items[32:])))
			if err != nil {
				return nil, err
			}
			if keep(id) {
				live[n] = id
			} else {
				c.garbage[n] = true
				dead = append(dead, at.off)
			}
		}
		if c.s.isReplaced(p.id) || c.thorough && len(dead) > 0 {
			rest = append(rest, p)
		} else {
			whole = append(whole, p)
			c.hidden[p.id] = dead
		}
	}
	slices.SortStableFunc(whole, func(a, b packInfo) int { return cmp.Compare(b.size, a.size) })
	left := hideMost
	for _, p := range whole {
		dead := len(c.hidden[p.id])
		if dead > left || !c.stays(p, live) {
			rest = append(rest, p)
			delete(c.hidden, p.id)
		}
		left -= len(c.hidden[p.id])
	}
	for _, p := range rest {
		c.doomed = append(c.doomed, p.id)
	}
	return c.missing(live), nil
}

// stays takes a pack in, if much of it is in no other.
func (c *collection) stays(p packInfo, live map[name]cid.Cid) bool {
	var fresh, all int64
	items := c.entries[p.id]
	for e := items; len(e) >= entrySize; e = e[entrySize:] {
		at := placeOf(p.id, e)
		all += int64(at.size)
		if id, ok := live[name(e)]; ok && !c.at[id].known() && !c.s.hides(at) {
			fresh += int64(at.size)
		}
	}
	if 2*fresh < all || fresh == 0 {
		return false
	}
	for e := items; len(e) >= entrySize; e = e[entrySize:] {
		at := placeOf(p.id, e)
		if id, ok := live[name(e)]; ok && !c.at[id].known() && !c.s.hides(at) {
			c.at[id] = at
		}
	}
	return true
}

// missing is what is live and in no pack that stays, where it is found first: in packs that no other one replaces, if there.
func (c *collection) missing(live map[name]cid.Cid) (need [][]source) {
	from := map[packID][]source{}
	taken := map[name]bool{}
	for _, replaced := range []bool{false, true} {
		for _, p := range c.packs {
			if c.s.isReplaced(p.id) != replaced || !slices.Contains(c.doomed, p.id) {
				continue
			}
			for e := c.entries[p.id]; len(e) >= entrySize; e = e[entrySize:] {
				n := name(e)
				at := placeOf(p.id, e)
				if id, ok := live[n]; ok && !taken[n] && !c.at[id].known() && !c.s.hides(at) {
					taken[n] = true
					from[p.id] = append(from[p.id], source{id, at})
				}
			}
		}
	}
	for _, p := range c.packs {
		if n := from[p.id]; len(n) > 0 {
			need = append(need, n)
		}
	}
	return need
}

// freed is by how much the bucket is smaller afterwards.
func (c *collection) freed() (n int64) {
	for _, id := range c.doomed {
		n += c.size[id]
	}
	for id := range c.copied {
		n -= c.size[id]
	}
	return n
}

// teach has the store know the packs and what is in those that were written.
func (c *collection) teach() {
	gone := map[packID]bool{}
	for _, id := range c.doomed {
		gone[id] = true
	}
	for _, p := range c.packs {
		if !gone[p.id] {
			c.s.addPacks(c.s.now(), p)
		}
	}
	for id, at := range c.at {
		if c.copied[at.pack] {
			c.s.learn(id, at)
		}
	}
}

// place is where a block will be when the collector is done.
func (c *collection) place(id cid.Cid) location { return c.at[id] }

// isReplaced tells whether another pack has all blocks of one.
func (s *shared) isReplaced(id packID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replaced[id]
}
