package casfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/dhfs/dhfs/cas"
	"github.com/maypok86/otter/v2"
)

// A dense pack has groups of blocks, a table of the groups, and for each block its group and a few bits of its digest. It is written once, as a
// whole. That a block is there is only certain once its group was read.

const (
	denseMagic   = "dhfs dens 1\n"
	denseTrailer = 44 // raw bytes, where the table begins, numbers of groups and blocks, shift, sum, magic
	groupEntry   = 8  // length, number of blocks
	groupCache   = 16 << 20
)

// densePath is where the dense pack of a generation is.
func densePath(dir string, generation uint32) string {
	return filepath.Join(dir, "packs", fmt.Sprintf("%d.dense", generation))
}

// dense is what a reader knows of a dense pack.
type dense struct {
	generation uint32
	groups     []groupRef
	n          int    // blocks
	raw        uint64 // bytes of all blocks
	shift      uint
	buckets    []byte // the number of entries up to the end of each
	entries    []byte
	width      int // bytes of an entry
	cache      *otter.Cache[int, *group]
}

// groupRef is where a group lies, and the number of its first block.
type groupRef struct {
	off, size int64
	first     int
}

// openDense opens a dense pack and reads all but its groups.
func openDense(d disk, dir string, generation uint32) (*pack, error) {
	p := &pack{path: densePath(dir, generation), dir: dir}
	f, err := p.file(d)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		p.close()
		return nil, err
	}
	p.mark.end = info.Size()
	p.dense, err = readDense(f, info.Size())
	if err != nil {
		p.close()
		return nil, err
	}
	if p.dense == nil {
		var whole bool
		if p.dense, whole, err = scanDense(f, info.Size()); err != nil {
			p.close()
			return nil, err
		}
		if !whole {
			p.damage = &cas.CorruptError{Path: p.path, Reason: "the table at the end of the file is damaged or missing, and so are perhaps groups"}
		}
	}
	p.dense.generation = generation
	p.dense.cache = otter.Must(&otter.Options[int, *group]{
		MaximumWeight: groupCache,
		Weigher:       func(_ int, g *group) uint32 { return uint32(g.memory()) },
	})
	return p, nil
}

// readDense is nil where what lies behind the groups is damaged.
func readDense(f file, size int64) (*dense, error) {
	var end [denseTrailer]byte
	if size < int64(len(denseMagic)+denseTrailer) {
		return nil, nil
	}
	if n, err := f.ReadAt(end[:], size-denseTrailer); n < len(end) {
		return nil, noEOF(err)
	}
	le := binary.LittleEndian
	table := int64(le.Uint64(end[8:]))
	if string(end[32:]) != denseMagic || table < int64(len(denseMagic)) || table > size-denseTrailer {
		return nil, nil
	}
	b := make([]byte, size-table)
	if n, err := f.ReadAt(b, table); n < len(b) {
		return nil, noEOF(err)
	}
	if crc32.Checksum(b[:len(b)-len(denseMagic)-4], castagnoli) != le.Uint32(end[28:]) {
		return nil, nil
	}
	return parseDense(b, table), nil
}

// scanDense makes the table again from the groups, up to the first that is damaged. whole says that none is missing: as much follows as the table
// of those blocks takes.
func scanDense(f file, size int64) (d *dense, whole bool, err error) {
	d = &dense{}
	var keys []key
	off := int64(len(denseMagic))
	for {
		var head [groupHead]byte
		if n, err := f.ReadAt(head[:], off); n < len(head) {
			if err = noEOF(err); err != nil {
				return nil, false, err
			}
			break
		}
		length := groupHead + int64(binary.LittleEndian.Uint32(head[4:]))
		if off+length > size {
			break
		}
		b := make([]byte, length)
		if n, err := f.ReadAt(b, off); n < len(b) {
			return nil, false, noEOF(err)
		}
		g, err := parseGroup(b)
		if err != nil {
			break
		}
		d.groups = append(d.groups, groupRef{off: off, size: length, first: len(keys)})
		for i := range g.data {
			keys, d.raw = append(keys, g.key(i)), d.raw+uint64(len(g.data[i]))
		}
		off += length
	}
	w := denseWriter{groups: d.groups, keys: keys, raw: d.raw}
	table := w.appendTable(nil, off)
	if d = parseDense(table, off); d == nil {
		d = &dense{}
	}
	return d, size == off+int64(len(table)), nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// parseDense takes what lies behind the groups apart; nil where it is not made so.
func parseDense(b []byte, table int64) *dense {
	le := binary.LittleEndian
	end := b[len(b)-denseTrailer:]
	d := &dense{raw: le.Uint64(end), n: int(le.Uint32(end[20:])), shift: uint(le.Uint32(end[24:]))}
	groups := int64(le.Uint32(end[16:]))
	if d.shift > 32 || d.shift < 8 { // as many buckets as nobody makes
		return nil
	}
	d.width = denseWidth(d.n)
	count := int64(1) << (32 - d.shift)
	if int64(len(b)) != groups*groupEntry+count*4+int64(d.n)*int64(d.width)+denseTrailer {
		return nil
	}
	off, first := int64(len(denseMagic)), 0
	for range groups {
		g := groupRef{off: off, size: int64(le.Uint32(b)), first: first}
		d.groups = append(d.groups, g)
		off, first = off+g.size, first+int(le.Uint32(b[4:]))
		b = b[groupEntry:]
	}
	if off != table || first != d.n {
		return nil
	}
	d.buckets, d.entries = b[:count*4], b[count*4:][:d.n*d.width]
	return d
}

// denseWidth is how many bytes an entry takes: two of the digest, and the number of the block.
func denseWidth(n int) int { return 2 + max(1, (bits.Len(uint(n))+7)/8) }

// candidates are the blocks that may be k.
func (d *dense) candidates(k key) (all []int) {
	le := binary.LittleEndian
	if d.n == 0 {
		return nil
	}
	i, from := bucketOf(k, d.shift), 0
	if i > 0 {
		from = int(le.Uint32(d.buckets[(i-1)*4:]))
	}
	to := int(le.Uint32(d.buckets[i*4:]))
	for e := from; e < to && to <= d.n; e++ {
		b := d.entries[e*d.width:][:d.width]
		if !bytes.Equal(b[:2], k.digest[4:6]) {
			continue
		}
		n := 0
		for j := d.width - 1; j >= 2; j-- {
			n = n<<8 | int(b[j])
		}
		if n < d.n {
			all = append(all, n)
		}
	}
	return all
}

// groupOf is the group that block n is in.
func (d *dense) groupOf(n int) int {
	return sort.Search(len(d.groups), func(i int) bool { return d.groups[i].first > n }) - 1
}

// blocksOf is how many blocks group i has.
func (d *dense) blocksOf(i int) int {
	if i+1 < len(d.groups) {
		return d.groups[i+1].first - d.groups[i].first
	}
	return d.n - d.groups[i].first
}

// group reads group i. The error is a *cas.CorruptError without a CID when it is damaged.
func (p *pack) group(d disk, i int) (*group, error) {
	if g, ok := p.dense.cache.GetIfPresent(i); ok {
		return g, nil
	}
	at := p.dense.groups[i]
	g, err := p.readGroup(d, at)
	if err != nil {
		return nil, err
	}
	if n := p.dense.blocksOf(i); len(g.data) != n {
		return nil, p.corruptGroup(at, fmt.Sprintf("%d blocks are here instead of %d", len(g.data), n))
	}
	p.dense.cache.Set(i, g)
	return g, nil
}

func (p *pack) readGroup(d disk, at groupRef) (*group, error) {
	f, err := p.file(d)
	if err != nil {
		return nil, err
	}
	b := make([]byte, at.size)
	if n, err := f.ReadAt(b, at.off); n < len(b) {
		if err != io.EOF {
			return nil, err
		}
		return nil, p.corruptGroup(at, "the file ends before")
	}
	g, err := parseGroup(b)
	if err != nil {
		return nil, p.corruptGroup(at, err.Error())
	}
	return g, nil
}

func (p *pack) corruptGroup(at groupRef, reason string) error {
	return &cas.CorruptError{Path: fmt.Sprintf("%s at offset %d", p.path, at.off), Reason: reason}
}

// findDense looks a key up. A block in a group that cannot be read counts as found where it would be: whoever reads it is told.
func (p *pack) findDense(d disk, k key) (span, bool, error) {
	var unread *span
	for _, n := range p.dense.candidates(k) {
		i := p.dense.groupOf(n)
		at := span{off: uint32(n), size: p.dense.share(i)}
		g, err := p.group(d, i)
		if err != nil {
			if !isDamage(err) {
				return span{}, false, err
			}
			unread = &at
			continue
		}
		if g.key(n-p.dense.groups[i].first) == k {
			return at, true, nil
		}
	}
	if unread != nil {
		return *unread, true, nil
	}
	return span{}, false, nil
}

// share is about what a block of group i takes in the file.
func (d *dense) share(i int) uint32 {
	return uint32(d.groups[i].size/int64(max(1, d.blocksOf(i)))) + uint32(d.width)
}

// readDenseBlock returns block k, which findDense has found at at.
func (p *pack) readDenseBlock(d disk, k key, at span) (cas.Block, error) {
	i := p.dense.groupOf(int(at.off))
	g, err := p.group(d, i)
	if err != nil {
		if corrupt, ok := err.(*cas.CorruptError); ok {
			corrupt.CID = k.cid()
		}
		return cas.Block{}, err
	}
	b, err := g.block(int(at.off)-p.dense.groups[i].first, k)
	if err != nil {
		return cas.Block{}, &cas.CorruptError{CID: k.cid(), Path: fmt.Sprintf("%s at offset %d", p.path, p.dense.groups[i].off), Reason: err.Error()}
	}
	return b, nil
}

// content is the bytes of block k, checked; only to be read, and not to be kept.
func (p *pack) content(d disk, k key, at span) ([]byte, error) {
	if p.dense == nil {
		b, err := p.read(d, k, at)
		return b.Data(), err
	}
	i := p.dense.groupOf(int(at.off))
	g, err := p.group(d, i)
	if err != nil {
		return nil, err
	}
	j := int(at.off) - p.dense.groups[i].first
	if g.key(j) != k {
		return nil, p.corruptGroup(p.dense.groups[i], "another block is here")
	}
	return g.data[j], nil
}

// denseBlocks lists the blocks of all groups that can be read, and tells of the first that cannot.
func (p *pack) denseBlocks(d disk) (all []found, err error) {
	all = make([]found, 0, p.dense.n)
	for i, at := range p.dense.groups {
		g, gerr := p.group(d, i)
		if gerr != nil {
			if !isDamage(gerr) {
				return nil, gerr
			}
			if err == nil {
				err = gerr
			}
			continue
		}
		for j := range g.data {
			all = append(all, found{key: g.key(j), at: span{off: uint32(at.first + j), size: p.dense.share(i)}, size: uint64(len(g.data[j]))})
		}
	}
	return all, err
}

// loadDense opens the dense packs of a list that are not open yet.
func (s *Store) loadDense(list *packList) ([]*pack, error) {
	var all []*pack
	for _, generation := range list.dense {
		if i := slices.IndexFunc(s.dense, func(p *pack) bool { return p.dense.generation == generation }); i >= 0 {
			all = append(all, s.dense[i])
			continue
		}
		p, err := openDense(s.disk, s.dir, generation)
		if os.IsNotExist(err) {
			p, err = &pack{path: densePath(s.dir, generation), dir: s.dir, dense: &dense{generation: generation}}, nil
			p.damage = &cas.CorruptError{Path: p.path, Reason: "the file is missing"}
		}
		if err != nil {
			s.discard(nil, all)
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// isDamage tells whether err is about bytes that are damaged, not about the way to them.
func isDamage(err error) bool {
	var corrupt *cas.CorruptError
	return errors.As(err, &corrupt)
}
