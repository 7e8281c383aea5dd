package casfile

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/klauspost/compress/zstd"
)

// A stored block is its digest, its codec, how it is packed, its size and its
// bytes, as they lie in a record; FORMAT.md has the layout. Each is compressed
// on its own, so that reading one takes one small read.

// maxBlock bounds one block, so that a record fits the 32-bit offsets of an index.
const maxBlock = 1 << 30

// smallest is the size from which a block is compressed. Commits and the
// transactions of a few datoms are smaller: mostly hashes, they would not shrink.
const smallest = 512

// How the bytes of a stored block are packed.
const (
	packedNot  = 0
	packedZstd = 1
)

// maxStoredHead is the longest that a stored block can be besides its bytes.
const maxStoredHead = sha256.Size + 2*binary.MaxVarintLen32 + 1 + binary.MaxVarintLen32

// compressor holds one encoder a processor. Its window is far above the size
// of a node; larger blocks only compress a little less well.
var compressor = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true), zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		panic(fmt.Sprintf("casfile: fixed zstd options are valid: %v", err))
	}
	return e
})

var decompressor = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBlock),
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(fmt.Sprintf("casfile: fixed zstd options are valid: %v", err))
	}
	return d
})

// appendStored appends data as a stored block.
func appendStored(dst []byte, k key, data []byte) []byte {
	dst = append(dst, k.digest[:]...)
	dst = binary.AppendUvarint(dst, uint64(k.codec))
	if len(data) >= smallest {
		packed := compressor().EncodeAll(data, nil)
		if uvarintLen(len(packed))+len(packed) < len(data) {
			dst = append(dst, packedZstd)
			dst = binary.AppendUvarint(dst, uint64(len(data)))
			dst = binary.AppendUvarint(dst, uint64(len(packed)))
			return append(dst, packed...)
		}
	}
	dst = append(dst, packedNot)
	dst = binary.AppendUvarint(dst, uint64(len(data)))
	return append(dst, data...)
}

func uvarintLen(n int) int {
	var buf [binary.MaxVarintLen64]byte
	return binary.PutUvarint(buf[:], uint64(n))
}

// storedBlock is a stored block taken apart; payload is as it lies in the file.
type storedBlock struct {
	key     key
	how     byte
	size    uint64 // of the block
	payload []byte
}

// next takes a stored block off the cursor.
func (c *cursor) storedBlock() storedBlock {
	var b storedBlock
	copy(b.key.digest[:], c.bytes(sha256.Size))
	codec := c.uvarint()
	b.key.codec = uint32(codec)
	b.how = c.byte()
	b.size = c.uvarint()
	stored := b.size
	if b.how == packedZstd {
		stored = c.uvarint()
	}
	b.payload = c.bytes(stored)
	c.bad = c.bad || codec > math.MaxUint32 || b.how > packedZstd || b.size > maxBlock
	return b
}

// unpack returns the block, its bytes checked against k. The block does not
// alias span, which must hold exactly one stored block.
func unpack(span []byte, k key) (cas.Block, error) {
	c := cursor{rest: span}
	b := c.storedBlock()
	if c.bad || len(c.rest) > 0 {
		return cas.Block{}, fmt.Errorf("there is no block here")
	}
	if b.key != k {
		return cas.Block{}, fmt.Errorf("another block, %s, is here", b.key.cid())
	}
	data, err := b.data()
	if err != nil {
		return cas.Block{}, err
	}
	return cas.Check(k.cid(), data)
}

func (b storedBlock) data() ([]byte, error) {
	if b.how == packedNot {
		return append(make([]byte, 0, b.size), b.payload...), nil
	}
	var head zstd.Header
	if err := head.Decode(b.payload); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	if !head.HasFCS || head.FrameContentSize != b.size {
		return nil, fmt.Errorf("zstd: the frame holds %d bytes, not %d", head.FrameContentSize, b.size)
	}
	data, err := decompressor().DecodeAll(b.payload, make([]byte, 0, b.size))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return data, nil
}
