package casfile

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"os"
	"slices"
)

// moving is a block on its way into a dense pack.
type moving struct {
	from   *pack
	block  found
	size   int
	sketch sketch
	group  int // of the groups that are all live, counted from 1
	family int // bytes of all the blocks that resemble each other, of which this is the first
}

// similar is the size from which blocks are put beside those that resemble them. Smaller ones stay in the order in which they were stored:
// commits and their transactions, which name each other.
const similar = 512

// denseWriter writes a dense pack.
type denseWriter struct {
	s      *Store
	f      file
	end    int64
	open   groupWriter
	groups []groupRef
	keys   []key
	raw    uint64
	buf    []byte
}

// writeDense writes the dense pack of a generation: groups as they are, then blocks, each once, which are in the order in which they were stored as far as that is known. Their
// order there is its own.
func (s *Store) writeDense(ctx context.Context, generation uint32, kept []wholeGroup, blocks []moving) (err error) {
	blocks = arrange(blocks)
	f, err := s.disk.open(densePath(s.dir, generation), os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	w := denseWriter{s: s, f: f, buf: []byte(denseMagic)}
	for _, g := range kept {
		if err := w.keep(g); err != nil {
			return err
		}
	}
	small := false // commits and transactions do not begin in a group of nodes, which changes more often
	for _, m := range blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := m.from.content(s.disk, m.block.key, m.block.at)
		if err != nil {
			return err
		}
		if !w.open.fits(m.family) || m.size < similar && !small && w.open.long() { // those that resemble each other are to be in one group
			if err := w.endGroup(); err != nil {
				return err
			}
		}
		small = m.size < similar
		if err := w.add(m.block.key, data); err != nil {
			return err
		}
	}
	return w.finish()
}

func (w *denseWriter) add(k key, data []byte) error {
	if !w.open.fits(len(data)) {
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	if len(w.open.at) == 0 {
		w.groups = append(w.groups, groupRef{first: len(w.keys)})
	}
	w.open.add(k, data)
	w.keys = append(w.keys, k)
	w.raw += uint64(len(data))
	return nil
}

// endGroup writes the open group.
func (w *denseWriter) endGroup() error {
	if len(w.open.at) == 0 {
		return nil
	}
	g := &w.groups[len(w.groups)-1]
	before := len(w.buf)
	w.buf = w.open.appendTo(w.buf)
	g.off, g.size = w.end+int64(before), int64(len(w.buf)-before)
	if len(w.buf) < copyRecord {
		return nil
	}
	return w.write()
}

func (w *denseWriter) write() error {
	err := w.s.writeAt(w.f, w.buf, w.end)
	w.end += int64(len(w.buf))
	w.buf = w.buf[:0]
	return err
}

func (w *denseWriter) finish() error {
	if err := w.endGroup(); err != nil {
		return err
	}
	w.buf = w.appendTable(w.buf, w.end+int64(len(w.buf)))
	if err := w.write(); err != nil {
		return err
	}
	return w.s.sync(w.f)
}

// appendTable lays out what lies behind the groups, at table in the file.
func (w *denseWriter) appendTable(dst []byte, table int64) []byte {
	start, le := len(dst), binary.LittleEndian
	for i, g := range w.groups {
		next := len(w.keys)
		if i+1 < len(w.groups) {
			next = w.groups[i+1].first
		}
		dst = le.AppendUint32(le.AppendUint32(dst, uint32(g.size)), uint32(next-g.first))
	}
	shift := 32 - uint(min(24, bits.Len(uint(len(w.keys)/(bucketMean+1)))))
	dst = appendDenseEntries(dst, w.keys, shift)
	end := len(dst)
	dst = le.AppendUint64(le.AppendUint64(dst, w.raw), uint64(table))
	dst = le.AppendUint32(le.AppendUint32(dst, uint32(len(w.groups))), uint32(len(w.keys)))
	dst = le.AppendUint32(dst, uint32(shift))
	dst = le.AppendUint32(dst, crc32.Checksum(dst[start:end+28], castagnoli))
	return append(dst, denseMagic...)
}

// appendDenseEntries writes the buckets and then, for each block, two bytes of its digest and its number.
func appendDenseEntries(dst []byte, keys []key, shift uint) []byte {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return keys[a].compare(keys[b]) })
	from := 0
	for i := range 1 << (32 - shift) {
		for from < len(order) && bucketOf(keys[order[from]], shift) == i {
			from++
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(from))
	}
	width := denseWidth(len(keys))
	for _, n := range order {
		dst = append(dst, keys[n].digest[4:6]...)
		for range width - 2 {
			dst = append(dst, byte(n))
			n >>= 8
		}
	}
	return dst
}
