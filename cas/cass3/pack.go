package cass3

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// A pack: a head, records, an index in pages, the packs that it replaces, a foot. FORMAT.md has every byte.
const (
	packMagic  = "dhfs s3 pack 1\n\x00"
	footSize   = 64
	entrySize  = 44 // digest, codec, offset, size
	pageItems  = 32 // entries
	pageSize   = pageItems*entrySize + 4
	idSize     = 16
	checkedEnd = footSize - 4 // of the foot's own sum
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// packInfo is what has to be known of a pack to find something in it.
type packInfo struct {
	id       packID
	size     int64 // of the object
	entries  int
	replaced int // how many packs it replaces
	// begun is one more than the epoch in which its writer began, 0 where that is not known.
	begun uint64
}

// indexSize is how long an index of n entries is.
func indexSize(n int) int64 { return int64(n)*entrySize + int64(pages(n))*4 }

func pages(n int) int { return (n + pageItems - 1) / pageItems }

// index is where the index begins, and the records end.
func (p packInfo) index() int64 {
	return p.size - footSize - int64(p.replaced)*idSize - indexSize(p.entries)
}

// sound tells whether the numbers fit together.
func (p packInfo) sound() bool {
	return p.size <= maxPack && p.entries >= 0 && p.replaced >= 0 && p.entries < 1<<27 && p.replaced < 1<<27 && p.index() >= int64(len(packMagic))
}

// built is a pack before it is stored.
type built struct {
	packInfo
	data     []byte
	records  []*record
	where    map[cid.Cid]location
	replaces []packID
	fresh    []*record // those that are not taken over from other packs
}

// build lays records out: those that link to none of the others first, then those that link to these, and so on, so that what
// a reader asks for first lies together, and the children of a branch behind one another. epoch is that in which the writer began; elsewhere tells where other blocks lie.
func build(epoch uint64, records []*record, replaces []packID, elsewhere func(cid.Cid) location) *built {
	id := newPackID()
	p := &built{packInfo: packInfo{id: id, entries: len(records), replaced: len(replaces), begun: epoch + 1}, where: make(map[cid.Cid]location, len(records)), replaces: replaces}
	p.records = byHeight(records)
	where := func(id cid.Cid) location {
		if at, ok := p.where[id]; ok {
			return at
		}
		return elsewhere(id)
	}
	size := len(packMagic) + footSize
	for _, r := range records {
		size += r.bytes() + entrySize + 1
	}
	p.data = append(make([]byte, 0, size+size/64), packMagic...)
	for _, r := range p.records {
		off := len(p.data)
		p.data = r.appendTo(p.data, id, where)
		p.where[r.id] = location{id, uint32(off), uint32(len(p.data) - off)}
	}
	p.finish()
	return p
}

// finish appends index and foot.
func (p *built) finish() {
	index := len(p.data)
	entries := make([][entrySize]byte, 0, len(p.records))
	for _, r := range p.records {
		entries = append(entries, entryOf(r.id, p.where[r.id]))
	}
	slices.SortFunc(entries, func(a, b [entrySize]byte) int { return bytes.Compare(a[:36], b[:36]) })
	for page := range slices.Chunk(entries, pageItems) {
		start := len(p.data)
		for i := range page {
			p.data = append(p.data, page[i][:]...)
		}
		p.data = binary.LittleEndian.AppendUint32(p.data, crc32.Checksum(p.data[start:], castagnoli))
	}
	start := len(p.data)
	for _, id := range p.replaces {
		p.data = append(p.data, id[:]...)
	}
	sum := crc32.Checksum(p.data[start:], castagnoli)
	start = len(p.data)
	p.data = append(p.data, packMagic...)
	p.data = binary.LittleEndian.AppendUint64(p.data, uint64(index))
	p.data = binary.LittleEndian.AppendUint32(p.data, uint32(p.entries))
	p.data = binary.LittleEndian.AppendUint32(p.data, uint32(p.replaced))
	p.data = binary.LittleEndian.AppendUint32(p.data, sum)
	p.data = binary.LittleEndian.AppendUint64(p.data, p.begun)
	p.data = append(p.data, make([]byte, start+checkedEnd-len(p.data))...)
	p.data = binary.LittleEndian.AppendUint32(p.data, crc32.Checksum(p.data[start:], castagnoli))
	p.size = int64(len(p.data))
}

// entryOf is an entry of the index: digest and codec, big-endian so that they sort as bytes, then the place.
func entryOf(id cid.Cid, at location) (e [entrySize]byte) {
	digest := digestOf(id)
	copy(e[:], digest[:])
	binary.BigEndian.PutUint32(e[32:], uint32(id.Type()))
	binary.LittleEndian.PutUint32(e[36:], at.off)
	binary.LittleEndian.PutUint32(e[40:], at.size)
	return e
}

// byHeight sorts records by the longest way down within them, and else leaves them in order. Raw blocks do not make a way longer.
func byHeight(records []*record) []*record {
	height := make(map[cid.Cid]int, len(records))
	for _, r := range records { // children come first
		h := 0
		for _, child := range r.links {
			if below, ok := height[child]; ok && child.Type() != cas.Raw {
				h = max(h, below+1)
			}
		}
		height[r.id] = h
	}
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b *record) int {
		return cmp.Or(boolCompare(a.id.Type() != cas.Raw, b.id.Type() != cas.Raw), cmp.Compare(height[a.id], height[b.id]))
	})
	return sorted
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

var errFoot = errors.New("its end is not that of a pack")

// parseFoot reads the end of a pack of size bytes.
func parseFoot(id packID, size int64, foot []byte) (packInfo, uint32, error) {
	if len(foot) != footSize || string(foot[:len(packMagic)]) != packMagic ||
		binary.LittleEndian.Uint32(foot[checkedEnd:]) != crc32.Checksum(foot[:checkedEnd], castagnoli) {
		return packInfo{}, 0, errFoot
	}
	at := foot[len(packMagic):]
	p := packInfo{id: id, size: size, entries: int(binary.LittleEndian.Uint32(at[8:])), replaced: int(binary.LittleEndian.Uint32(at[12:])), begun: binary.LittleEndian.Uint64(at[20:])}
	if !p.sound() || p.index() != int64(binary.LittleEndian.Uint64(at)) {
		return packInfo{}, 0, errFoot
	}
	return p, binary.LittleEndian.Uint32(at[16:]), nil
}
