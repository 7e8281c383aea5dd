package casfile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime/debug"
	"sort"

	"github.com/dhfs/dhfs/cas"
)

// An index lists the blocks of a pack, or of the beginning of the journal,
// sorted by digest. It can always be made again from the records.

const (
	indexMagic  = "dhfs pidx 1\n"
	indexHead   = 80
	indexEntry  = 44 // digest, codec, offset, size
	bucketEntry = 8  // number of entries up to the end of the bucket, sum of the bucket
	bucketMean  = 16 // entries in a bucket, at most
)

// index is an open one. It is mapped where that can be had, else its buckets
// are read one by one.
type index struct {
	path string
	indexInfo
	mapping []byte
	f       file   // where there is no mapping
	buckets []byte // bucketEntry for each bucket
	entries int64  // where they begin
}

// indexInfo is what an index says of itself.
type indexInfo struct {
	id     identity
	covers mark
	n      uint32
	raw    uint64 // bytes of the blocks before compression
	refs   []refMove
	shift  uint // a bucket is the first 32 bits of a digest shifted right by this
}

// openIndex reads the head of an index. The error is a *cas.CorruptError when
// it is damaged.
func openIndex(d disk, path string) (*index, error) {
	f, err := d.open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	x := &index{path: path, f: f}
	if x.mapping = f.mapped(int(info.Size())); x.mapping != nil {
		f.Close()
		x.f = nil
	}
	if err := x.load(info.Size()); err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

func (x *index) load(size int64) (err error) {
	defer x.catchFault(debug.SetPanicOnFault(true), &err)
	head, err := x.bytes(0, min(indexHead, size))
	if err != nil {
		return err
	}
	if len(head) < indexHead || string(head[:12]) != indexMagic {
		return x.corrupt(0, "it does not begin as an index does")
	}
	le := binary.LittleEndian
	x.id.number = le.Uint64(head[16:])
	copy(x.id.salt[:], head[24:])
	x.covers = mark{end: int64(le.Uint64(head[40:])), last: int64(le.Uint64(head[48:])), sum: le.Uint32(head[56:])}
	x.n, x.raw = le.Uint32(head[60:]), le.Uint64(head[64:])
	x.shift = uint(le.Uint32(head[72:]))
	refsLen := int64(le.Uint32(head[76:]))
	if x.shift > 32 {
		return x.corrupt(72, "there is no such number of buckets")
	}
	bucketsLen := int64(bucketEntry) << (32 - x.shift)
	x.entries = indexHead + bucketsLen + refsLen
	if size != x.entries+int64(x.n)*indexEntry {
		return x.corrupt(0, fmt.Sprintf("%d bytes are not its length", size))
	}
	top, err := x.bytes(0, x.entries)
	if err != nil {
		return err
	}
	if crc32.Checksum(top[16:], castagnoli) != headSum(top) {
		return x.corrupt(0, "the sum of its head does not match")
	}
	x.buckets = top[indexHead:][:bucketsLen]
	c := cursor{rest: top[indexHead+bucketsLen:]}
	if x.refs = c.refs(); c.bad || len(c.rest) > 0 {
		return x.corrupt(indexHead+bucketsLen, "the refs are not made as refs are")
	}
	return nil
}

// find looks a key up.
func (x *index) find(k key) (at span, ok bool, err error) {
	defer x.catchFault(debug.SetPanicOnFault(true), &err)
	b, err := x.bucket(x.bucketOf(k))
	if err != nil {
		return span{}, false, err
	}
	n := len(b) / indexEntry
	i := sort.Search(n, func(i int) bool { return entryKey(b[i*indexEntry:]).compare(k) >= 0 })
	if i == n || entryKey(b[i*indexEntry:]) != k {
		return span{}, false, nil
	}
	return entrySpan(b[i*indexEntry:]), true, nil
}

func (x *index) bucketOf(k key) int { return bucketOf(k, x.shift) }

func bucketOf(k key, shift uint) int {
	return int(uint64(binary.BigEndian.Uint32(k.digest[:])) >> shift)
}

func (x *index) bucketCount() int { return len(x.buckets) / bucketEntry }

// bucket returns the entries of bucket i, checked.
func (x *index) bucket(i int) ([]byte, error) {
	le := binary.LittleEndian
	from := uint32(0)
	if i > 0 {
		from = le.Uint32(x.buckets[(i-1)*bucketEntry:])
	}
	to, sum := le.Uint32(x.buckets[i*bucketEntry:]), le.Uint32(x.buckets[i*bucketEntry+4:])
	off := x.entries + int64(from)*indexEntry
	if from > to || to > x.n {
		return nil, x.corrupt(off, "the buckets overlap")
	}
	b, err := x.bytes(off, int64(to-from)*indexEntry)
	if err != nil {
		return nil, err
	}
	if crc32.Checksum(b, castagnoli) != sum {
		return nil, x.corrupt(off, "the sum of the entries does not match")
	}
	return b, nil
}

// appendFound appends the entries of bucket i.
func (x *index) appendFound(dst []found, i int) (_ []found, err error) {
	defer x.catchFault(debug.SetPanicOnFault(true), &err)
	b, err := x.bucket(i)
	if err != nil {
		return dst, err
	}
	for ; len(b) > 0; b = b[indexEntry:] {
		dst = append(dst, found{key: entryKey(b), at: entrySpan(b)})
	}
	return dst, nil
}

func (x *index) bytes(off, n int64) ([]byte, error) {
	if x.mapping != nil {
		return x.mapping[off:][:n:n], nil
	}
	b := make([]byte, n)
	if _, err := x.f.ReadAt(b, off); err != nil && err != io.EOF {
		return nil, err
	}
	return b, nil
}

// catchFault turns a failure to read mapped memory, from a broken disk or a
// file that was cut, into an error.
func (x *index) catchFault(before bool, err *error) {
	debug.SetPanicOnFault(before)
	switch r := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }:
		*err = x.corrupt(0, "the mapped file cannot be read")
	default:
		panic(r)
	}
}

func (x *index) corrupt(off int64, reason string) error {
	return &cas.CorruptError{
		Path:   fmt.Sprintf("%s at offset %d", x.path, off),
		Reason: reason + "; remove the file, and it is made again from the pack beside it",
	}
}

func (x *index) size() int64 { return x.entries + int64(x.n)*indexEntry }

func (x *index) close() {
	unmap(x.mapping)
	if x.f != nil {
		x.f.Close()
	}
}

func entryKey(b []byte) key {
	k := key{codec: binary.LittleEndian.Uint32(b[32:])}
	copy(k.digest[:], b)
	return k
}

func entrySpan(b []byte) span {
	return span{off: binary.LittleEndian.Uint32(b[36:]), size: binary.LittleEndian.Uint32(b[40:])}
}
