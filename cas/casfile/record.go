package casfile

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/ipfs/go-cid"
)

// A file of records is the journal or a sealed pack; they have the same layout.
// A record is one append: the refs that it moves and the blocks that it brings.

const (
	fileMagic  = "dhfs pack 1\n"
	fileHead   = 52 // magic, sum, number, salt, end and sum of the file before
	recordHead = 16 // marker, length of the body, sum of the record before, sum
	sumAt      = 12 // where the sum is, in both heads
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// identity tells a file of records from all others.
type identity struct {
	number uint64 // 1, 2, 3, … in one store
	salt   [16]byte
}

// marker begins each record. It differs from file to file, so that nobody can
// fill a block with what looks like records to one who searches for the next.
func (id *identity) marker() []byte { return id.salt[:4] }

func newIdentity(number uint64) identity {
	id := identity{number: number}
	_, _ = rand.Read(id.salt[:]) // never fails: see crypto/rand
	return id
}

// head is the beginning of a file; before tells how the file before it ended.
func (id identity) head(before mark) []byte {
	b := make([]byte, fileHead)
	copy(b, fileMagic)
	binary.LittleEndian.PutUint64(b[16:], id.number)
	copy(b[24:], id.salt[:])
	binary.LittleEndian.PutUint64(b[40:], uint64(before.end))
	binary.LittleEndian.PutUint32(b[48:], before.sum)
	binary.LittleEndian.PutUint32(b[sumAt:], crc32.Checksum(b[16:], castagnoli))
	return b
}

// parseHead reads the beginning of a file; false says that it is damaged.
func parseHead(b []byte) (id identity, before mark, ok bool) {
	if len(b) < fileHead {
		return identity{}, mark{}, false
	}
	id.number = binary.LittleEndian.Uint64(b[16:])
	copy(id.salt[:], b[24:])
	before = mark{end: int64(binary.LittleEndian.Uint64(b[40:])), sum: binary.LittleEndian.Uint32(b[48:])}
	return id, before, bytes.Equal(b[:fileHead], id.head(before))
}

// sum covers where a record lies as well as what is in it: a copy of a record,
// in a block that holds another store's journal, is not taken for one.
func (id identity) sum(off int64, head, body []byte) uint32 {
	var at [24]byte
	copy(at[:], id.salt[:])
	binary.LittleEndian.PutUint64(at[16:], uint64(off))
	sum := crc32.Update(0, castagnoli, at[:])
	sum = crc32.Update(sum, castagnoli, head[:sumAt])
	return crc32.Update(sum, castagnoli, body)
}

// finish fills in the head of the record b, which will lie at off behind one
// with the sum before, and returns the record's own sum.
func (id identity) finish(b []byte, off int64, before uint32) uint32 {
	copy(b, id.marker())
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-recordHead))
	binary.LittleEndian.PutUint32(b[8:], before)
	sum := id.sum(off, b[:recordHead], b[recordHead:])
	binary.LittleEndian.PutUint32(b[sumAt:], sum)
	return sum
}

func headSum(head []byte) uint32 { return binary.LittleEndian.Uint32(head[sumAt:]) }

// refMove sets a ref, or removes it when id is undefined.
type refMove struct {
	name string
	id   cid.Cid
}

func appendRefs(dst []byte, moves []refMove) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(moves)))
	for _, m := range moves {
		dst = binary.AppendUvarint(dst, uint64(len(m.name)))
		dst = append(dst, m.name...)
		dst = binary.AppendUvarint(dst, uint64(m.id.ByteLen()))
		dst = append(dst, m.id.Bytes()...)
	}
	return dst
}

func (c *cursor) refs() []refMove {
	var moves []refMove
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		m := refMove{name: string(c.bytes(c.uvarint()))}
		if raw := c.bytes(c.uvarint()); len(raw) > 0 {
			id, err := cid.Cast(raw)
			c.bad = c.bad || err != nil
			m.id = id
		}
		moves = append(moves, m)
	}
	return moves
}

// allRefs are moves that make refs out of nothing, sorted by name.
func allRefs(refs map[string]cid.Cid) []refMove {
	moves := make([]refMove, 0, len(refs))
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		moves = append(moves, refMove{name, refs[name]})
	}
	return moves
}

func applyRefs(refs map[string]cid.Cid, moves []refMove) {
	for _, m := range moves {
		if m.id.Defined() {
			refs[m.name] = m.id
		} else {
			delete(refs, m.name)
		}
	}
}

// span is where a stored block lies in its file.
type span struct{ off, size uint32 }

// found is a block in a record.
type found struct {
	key  key
	at   span
	size uint64 // of the block before compression
}

// parseBody takes a record apart; body lies at base in its file. False says
// that it is not made as a record is.
func parseBody(body []byte, base int64, into []found) ([]refMove, []found, bool) {
	c := cursor{rest: body}
	moves := c.refs()
	for len(c.rest) > 0 && !c.bad {
		start := len(body) - len(c.rest)
		b := c.storedBlock()
		at := span{off: uint32(base + int64(start)), size: uint32(len(body) - len(c.rest) - start)}
		into = append(into, found{key: b.key, at: at, size: b.size})
	}
	return moves, into, !c.bad
}
