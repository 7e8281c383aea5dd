package casfile

import (
	"context"
	"slices"
)

const (
	// gatherPack is the length up to which a pack of records is put into a dense pack.
	gatherPack = 16 << 20
	// gatherRaw is the size before compression up to which a dense pack is written anew for whatever is new, and gatherTimes how
	// often larger than that a larger one may be: so each block is written anew a number of times that grows with the logarithm of all.
	gatherRaw   = 16 << 20
	gatherTimes = 4
)

// gather writes a dense pack of what is live in the journal, in small packs and in dense packs that are to go into it, if that is worth while.
func (c *collection) gather(ctx context.Context) (bool, error) {
	small := []*part{c.journal}
	for _, x := range c.packs {
		if x.p.mark.end <= gatherPack || c.thorough {
			small = append(small, x)
		}
	}
	g := gathering{c: c, known: map[key]bool{}}
	c.next.dense = nil
	var due int64
	for _, x := range small {
		due += sizeOf(x.live)
	}
	all := c.s.limits.dense > 0 && due >= c.s.limits.dense
	for _, x := range c.dense {
		if x.unread != nil && len(x.dead) > 0 && !c.lossy {
			return false, x.unread
		}
		if x.unread != nil && !c.lossy {
			continue // it stays as it is
		}
		if len(x.dead) > 0 || x.unread != nil || all && worth(x, due) {
			if err := g.take(ctx, x); err != nil {
				return false, err
			}
		}
	}
	if all {
		for _, x := range append(small[1:], c.journal) { // the journal is the newest
			if err := g.take(ctx, x); err != nil {
				return false, err
			}
		}
	}
	for _, x := range c.dense {
		if !x.move {
			c.next.dense = append(c.next.dense, x.p.dense.generation)
		}
	}
	if !g.moves {
		return false, nil
	}
	c.next.dense = append(c.next.dense, c.next.last)
	kept, blocks := g.split()
	c.s.sketches = g.sketches()
	return true, c.s.writeDense(ctx, c.next.last, kept, blocks)
}

// worth tells whether a dense pack without garbage is to be written anew with so many bytes of what is new.
func worth(x *part, due int64) bool {
	return x.p.dense.raw <= gatherRaw || x.p.mark.end <= gatherTimes*due
}

// gathering is what goes into a new dense pack.
type gathering struct {
	c      *collection
	known  map[key]bool
	blocks []moving
	groups []wholeGroup // of dense packs, all of them live
	moves  bool
}

// take has the live blocks of x moved, unless one of them is damaged: that stays where it is, and so do the others of its pack.
func (g *gathering) take(ctx context.Context, x *part) error {
	slices.SortFunc(x.live, func(a, b found) int { return int(int64(a.at.off) - int64(b.at.off)) })
	blocks := make([]moving, 0, len(x.live))
	whole := g.whole(x)
	for _, b := range x.live {
		if err := ctx.Err(); err != nil {
			return err
		}
		if g.known[b.key] {
			continue
		}
		m, err := g.look(x.p, b)
		switch {
		case isDamage(err) && x.p.dense != nil && g.c.lossy:
			continue
		case isDamage(err) && x.p.dense != nil && len(x.dead) > 0: // they cannot be removed
			return err
		case isDamage(err):
			return nil
		}
		if err != nil {
			return err
		}
		blocks = append(blocks, m)
	}
	for i, m := range blocks {
		g.known[m.block.key] = true
		if n := x.p.groupOf(m.block.at); whole[n] {
			blocks[i].group = g.member(x.p, n)
		}
	}
	g.blocks = append(g.blocks, blocks...)
	x.move, g.moves = len(x.live) > 0 || x.p.dense != nil, g.moves || len(x.live) > 0
	return nil
}

// look is a block on its way, with its sketch where that is needed.
func (g *gathering) look(from *pack, b found) (moving, error) {
	m := moving{from: from, block: b}
	known, ok := g.c.s.sketches[b.key]
	if ok && from.dense != nil { // its group was read
		m.size, m.sketch = int(b.size), known
		return m, nil
	}
	data, err := from.content(g.c.s.disk, b.key, b.at)
	if m.size = len(data); err == nil && m.size >= similar {
		m.sketch = sketchOf(data)
	}
	return m, err
}

// sketches are those of all blocks that are moved.
func (g *gathering) sketches() map[key]sketch {
	all := map[key]sketch{}
	for _, m := range g.blocks {
		if m.size >= similar {
			all[m.block.key] = m.sketch
		}
	}
	return all
}

// Growth implements cas.Grower.
func (s *Store) Growth() (fresh, rest int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	fresh = s.journal.mark.end
	for _, p := range s.packs {
		if p.mark.end <= gatherPack {
			fresh += p.mark.end
		} else {
			rest += p.mark.end
		}
	}
	for _, p := range s.dense {
		rest += p.mark.end
	}
	return fresh, rest
}
