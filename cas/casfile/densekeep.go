package casfile

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
)

// Packing a group well takes most of the time that a collection takes. So a group goes into the next dense pack as it is, unless it has garbage, is
// short, or has a block that something new resembles: that is to lie beside it.

// wholeGroup is a group of a dense pack of which all blocks are live.
type wholeGroup struct {
	from *pack
	at   groupRef
	keys []key
	raw  uint64 // bytes of its blocks
	open bool   // it is to be made anew
}

// whole tells which groups of a dense pack can stay as they are, as far as is known before what is new was looked at.
func (g *gathering) whole(x *part) map[int]bool {
	if x.p.dense == nil || g.c.thorough {
		return nil
	}
	live := make([]int, len(x.p.dense.groups))
	for _, b := range x.live {
		if !g.known[b.key] {
			live[x.p.groupOf(b.at)]++
		}
	}
	whole := map[int]bool{}
	for i, n := range live {
		if n == x.p.dense.blocksOf(i) {
			read, err := x.p.group(g.c.s.disk, i)
			whole[i] = err == nil && read.plain >= shortGroup
		}
	}
	return whole
}

// groupOf is the number of the group that a block lies in, -1 in a pack of records.
func (p *pack) groupOf(at span) int {
	if p.dense == nil {
		return -1
	}
	return p.dense.groupOf(int(at.off))
}

// member is the number, from 1 on, that group i of a pack has here.
func (g *gathering) member(p *pack, i int) int {
	if n := len(g.groups); n > 0 && g.groups[n-1].from == p && g.groups[n-1].at == p.dense.groups[i] {
		return n
	}
	g.groups = append(g.groups, wholeGroup{from: p, at: p.dense.groups[i]})
	return len(g.groups)
}

// split tells the groups that stay as they are from the blocks that go into new ones.
func (g *gathering) split() (kept []wholeGroup, blocks []moving) {
	_, next := chains(g.blocks)
	group := make([]int, len(g.blocks)) // that of the block itself, or of the one before it that is not new
	for i, m := range g.blocks {
		if m.from.dense != nil {
			group[i] = m.group
		} else if group[i] > 0 {
			g.groups[group[i]-1].open = true
		}
		if j := next[i]; j >= 0 {
			group[j] = group[i]
		}
	}
	for _, m := range g.blocks {
		if m.group == 0 || g.groups[m.group-1].open {
			blocks = append(blocks, m)
			continue
		}
		w := &g.groups[m.group-1]
		w.keys, w.raw = append(w.keys, m.block.key), w.raw+uint64(m.size)
	}
	for _, w := range g.groups {
		if !w.open {
			kept = append(kept, w)
		}
	}
	return kept, blocks
}

// keep appends a group as it is.
func (w *denseWriter) keep(g wholeGroup) error {
	f, err := g.from.file(w.s.disk)
	if err != nil {
		return err
	}
	b := make([]byte, g.at.size)
	if n, err := f.ReadAt(b, g.at.off); n < len(b) {
		return cmp.Or(noEOF(err), g.from.corruptGroup(g.at, "the file ends before"))
	}
	if crc32.Checksum(b[4:], castagnoli) != binary.LittleEndian.Uint32(b) {
		return g.from.corruptGroup(g.at, "the sum of the group does not match")
	}
	w.groups = append(w.groups, groupRef{off: w.end + int64(len(w.buf)), size: g.at.size, first: len(w.keys)})
	w.keys, w.raw, w.buf = append(w.keys, g.keys...), w.raw+g.raw, append(w.buf, b...)
	if len(w.buf) < copyRecord {
		return nil
	}
	return w.write()
}
