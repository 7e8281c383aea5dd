package casfile

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"
)

// appendIndex lays out an index of blocks, each key once, which it sorts.
func appendIndex(dst []byte, info indexInfo, blocks []found) []byte {
	slices.SortFunc(blocks, func(a, b found) int { return a.key.compare(b.key) })
	start := len(dst)
	shift := 32 - uint(bits.Len(uint(len(blocks)/(bucketMean+1))))
	count := 1 << (32 - shift)

	dst = slices.Grow(dst, indexHead+bucketEntry*count+indexEntry*len(blocks))
	dst = append(dst, make([]byte, indexHead+bucketEntry*count)...)
	dst = appendRefs(dst, info.refs)
	entries := len(dst)
	for _, b := range blocks {
		dst = appendEntry(dst, b)
	}
	fillBuckets(dst[start+indexHead:][:bucketEntry*count], dst[entries:], blocks, shift)

	head := dst[start:]
	le := binary.LittleEndian
	copy(head, indexMagic)
	le.PutUint64(head[16:], info.id.number)
	copy(head[24:], info.id.salt[:])
	le.PutUint64(head[40:], uint64(info.covers.end))
	le.PutUint64(head[48:], uint64(info.covers.last))
	le.PutUint32(head[56:], info.covers.sum)
	le.PutUint32(head[60:], uint32(len(blocks)))
	le.PutUint64(head[64:], info.raw)
	le.PutUint32(head[72:], uint32(shift))
	le.PutUint32(head[76:], uint32(entries-start-indexHead-bucketEntry*count))
	le.PutUint32(head[sumAt:], crc32.Checksum(dst[start+16:entries], castagnoli))
	return dst
}

func appendEntry(dst []byte, b found) []byte {
	dst = append(dst, b.key.digest[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, b.key.codec)
	dst = binary.LittleEndian.AppendUint32(dst, b.at.off)
	return binary.LittleEndian.AppendUint32(dst, b.at.size)
}

// fillBuckets writes where each bucket of the sorted entries ends, and its sum.
func fillBuckets(buckets, entries []byte, blocks []found, shift uint) {
	from := 0
	for i := range len(buckets) / bucketEntry {
		to := from
		for to < len(blocks) && bucketOf(blocks[to].key, shift) == i {
			to++
		}
		b := buckets[i*bucketEntry:]
		binary.LittleEndian.PutUint32(b, uint32(to))
		binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(entries[from*indexEntry:to*indexEntry], castagnoli))
		from = to
	}
}
