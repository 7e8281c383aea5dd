package casfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"runtime"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/klauspost/compress/zstd"
	"github.com/multiformats/go-multihash"
)

// A group is many blocks in one zstd frame. The CID of an earlier block of the group, wherever it occurs in a later one, is not
// stored: a reader makes the blocks one after the other and hashes those that it needs the names of. FORMAT.md, "Dense packs".

const (
	groupHead  = 16       // sum, length of the frame, length before compression, number of blocks
	groupSize  = 64 << 10 // a group ends with the block that makes it longer, before compression
	shortGroup = groupSize / 2
	// maxGroup bounds what a group of several blocks takes before compression.
	maxGroup = 1 << 20
	// maxGroupBlocks bounds what a reader makes of a group of tiny blocks.
	maxGroupBlocks = 1 << 14
	cidSize        = 4 + sha256.Size
)

// denseCompressor packs groups: they are written once and read often.
var denseCompressor = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true), zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		panic(fmt.Sprintf("casfile: fixed zstd options are valid: %v", err))
	}
	return e
})

// groupWriter gathers the blocks of one group.
type groupWriter struct {
	at    map[key]int // of the blocks so far
	heads []byte      // codec, then where names were taken out
	rest  []byte      // what is left of the blocks
}

// fits tells whether a block of some bytes is to go into the group.
func (g *groupWriter) fits(bytes int) bool {
	size := len(g.heads) + len(g.rest)
	return len(g.at) == 0 || size < groupSize && (size+bytes < 3*groupSize/2 || size < groupSize/8 && bytes < maxGroup/2) && len(g.at) < maxGroupBlocks
}

// long tells whether the group need not become longer.
func (g *groupWriter) long() bool { return len(g.heads)+len(g.rest) >= shortGroup }

// add appends a block that is not in the group yet.
func (g *groupWriter) add(k key, data []byte) {
	if g.at == nil {
		g.at = map[key]int{}
	}
	names := g.names(data)
	g.heads = binary.AppendUvarint(g.heads, uint64(k.codec))
	g.heads = binary.AppendUvarint(g.heads, uint64(len(names)))
	from := 0
	for _, n := range names {
		g.heads = binary.AppendUvarint(g.heads, uint64(n.off-from))
		g.heads = binary.AppendUvarint(g.heads, uint64(len(g.at)-n.block))
		g.rest = append(g.rest, data[from:n.off]...)
		from = n.off + cidSize
	}
	g.heads = binary.AppendUvarint(g.heads, uint64(len(data)-from))
	g.rest = append(g.rest, data[from:]...)
	g.at[k] = len(g.at)
}

// name is where the CID of an earlier block is.
type name struct{ off, block int }

// names looks for CIDs of blocks of the group.
func (g *groupWriter) names(data []byte) (all []name) {
	if len(g.at) == 0 {
		return nil
	}
	for off := 0; off+cidSize <= len(data); {
		i := bytes.Index(data[off:], []byte{multihash.SHA2_256, sha256.Size})
		if off += i; i < 0 || off+cidSize-2 > len(data) {
			return all
		}
		start := off - 2
		off++
		if start < 0 || data[start] != 1 || data[start+1] >= 0x80 || len(all) > 0 && start < all[len(all)-1].off+cidSize {
			continue
		}
		k := key{codec: uint32(data[start+1])}
		copy(k.digest[:], data[start+4:])
		if block, ok := g.at[k]; ok {
			all = append(all, name{start, block})
			off = start + cidSize
		}
	}
	return all
}

// appendTo writes the group with its head, and is empty then.
func (g *groupWriter) appendTo(dst []byte) []byte {
	plain := append(g.heads, g.rest...)
	start := len(dst)
	dst = append(dst, make([]byte, groupHead)...)
	dst = denseCompressor().EncodeAll(plain, dst)
	head, le := dst[start:], binary.LittleEndian
	le.PutUint32(head[4:], uint32(len(head)-groupHead))
	le.PutUint32(head[8:], uint32(len(plain)))
	le.PutUint32(head[12:], uint32(len(g.at)))
	le.PutUint32(head, crc32.Checksum(head[4:], castagnoli))
	*g = groupWriter{heads: g.heads[:0], rest: g.rest[:0]}
	return dst
}

// group is one that was read.
type group struct {
	plain  int // bytes before compression
	codecs []uint32
	data   [][]byte

	mu   sync.Mutex
	keys []key // the zero key where the block was not hashed yet
}

// key is the name of block i, by its bytes.
func (g *group) key(i int) key {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.keys[i] == (key{}) {
		g.keys[i] = key{digest: sha256.Sum256(g.data[i]), codec: g.codecs[i]}
	}
	return g.keys[i]
}

// memory is about how many bytes it takes.
func (g *group) memory() (size int) {
	for _, b := range g.data {
		size += len(b) + 80
	}
	return size
}

// parseGroup takes a group with its head apart.
func parseGroup(b []byte) (*group, error) {
	le := binary.LittleEndian
	if len(b) < groupHead || int64(len(b)) != groupHead+int64(le.Uint32(b[4:])) {
		return nil, fmt.Errorf("%d bytes are not the length of the group", len(b))
	}
	if crc32.Checksum(b[4:], castagnoli) != le.Uint32(b) {
		return nil, fmt.Errorf("the sum of the group does not match")
	}
	size, n := le.Uint32(b[8:]), le.Uint32(b[12:])
	if n == 0 || n > size || n > maxGroupBlocks || size > maxGroup && n > 1 || size > maxBlock+16 {
		return nil, fmt.Errorf("no group has %d blocks in %d bytes", n, size)
	}
	var head zstd.Header
	if err := head.Decode(b[groupHead:]); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	if !head.HasFCS || head.FrameContentSize != uint64(size) {
		return nil, fmt.Errorf("zstd: the frame holds %d bytes, not %d", head.FrameContentSize, size)
	}
	plain, err := decompressor().DecodeAll(b[groupHead:], make([]byte, 0, size))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return expandGroup(plain, int(n))
}

// denseHead is the head of a block within a group.
type denseHead struct {
	codec uint32
	parts []densePart
	last  uint64 // bytes behind the last name
}

// densePart are some bytes and the name of the block so many before.
type densePart struct{ bytes, back uint64 }

// expandGroup makes the blocks, of which the heads come first.
func expandGroup(plain []byte, n int) (*group, error) {
	c := cursor{rest: plain}
	heads := make([]denseHead, n)
	for i := range heads {
		heads[i] = c.denseHead(i)
	}
	g := &group{plain: len(plain), codecs: make([]uint32, n), data: make([][]byte, n), keys: make([]key, n)}
	for i, h := range heads {
		size := h.last + uint64(len(h.parts))*cidSize
		for _, p := range h.parts {
			size += p.bytes // none is more than there is: no overflow
			c.bad = c.bad || heads[i-int(p.back)].codec >= 0x80
		}
		if c.bad || size > uint64(len(c.rest)+len(h.parts)*cidSize) {
			return nil, fmt.Errorf("the blocks of the group are not made as blocks are")
		}
		if g.codecs[i] = h.codec; len(h.parts) == 0 {
			g.data[i] = c.bytes(h.last)
			continue
		}
		data := make([]byte, 0, size)
		for _, p := range h.parts {
			data = append(data, c.bytes(p.bytes)...)
			data = append(data, g.key(i-int(p.back)).binary()...)
		}
		g.data[i] = append(data, c.bytes(h.last)...)
	}
	if c.bad || len(c.rest) > 0 {
		return nil, fmt.Errorf("the group does not end with its last block")
	}
	return g, nil
}

// denseHead takes the head of block i off the cursor.
func (c *cursor) denseHead(i int) (h denseHead) {
	all := uint64(len(c.rest))
	codec, n := c.uvarint(), c.uvarint()
	if c.bad = c.bad || codec > math.MaxUint32 || n > all; c.bad {
		return h
	}
	h.codec = uint32(codec)
	for ; n > 0 && !c.bad; n-- {
		p := densePart{c.uvarint(), c.uvarint()}
		c.bad = c.bad || p.bytes > all || p.back == 0 || p.back > uint64(i)
		h.parts = append(h.parts, p)
	}
	h.last = c.uvarint()
	c.bad = c.bad || h.last > all
	return h
}

// binary is the CID of a block with a codec below 128, as it occurs in others.
func (k key) binary() []byte {
	return append([]byte{1, byte(k.codec), multihash.SHA2_256, sha256.Size}, k.digest[:]...)
}

// block is block i, checked against the name that it has to have.
func (g *group) block(i int, k key) (cas.Block, error) {
	if g.codecs[i] != k.codec {
		return cas.Block{}, fmt.Errorf("a block of codec %#x is here", g.codecs[i])
	}
	return cas.Check(k.cid(), bytes.Clone(g.data[i]))
}
