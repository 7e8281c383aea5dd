package cass3

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/klauspost/compress/zstd"
	"github.com/multiformats/go-multihash"
)

// packID names a pack and never any other.
type packID [16]byte

func (p packID) String() string { return hex.EncodeToString(p[:]) }

func (p packID) key() string { return "packs/" + p.String() }

// location is where a record lies; the zero location is unknown.
type location struct {
	pack packID
	off  uint32
	size uint32 // of the record as a whole
}

func (l location) known() bool { return l.size > 0 }

func (l location) end() uint32 { return l.off + l.size }

// path names a place for messages.
func (s *shared) path(l location) string {
	return fmt.Sprintf("s3://%s/%s%s at offset %d", s.bucket, s.prefix, l.pack.key(), l.off)
}

const (
	maxBlock  = 1 << 30 // bytes of a block
	maxPack   = 1 << 32 // and of a pack
	minZstd   = 128     // smaller blocks are not compressed
	formZstd  = 1       // the bytes are a zstd frame
	hintHere  = 1       // the same pack
	hintOther = 2       // another pack, its id follows
	hintNext  = 0       // right behind the child before
	hintKnown = 3       // of the packs that were named in this record before, the first
)

// record is a block as it is stored, without the hints.
type record struct {
	id     cid.Cid
	form   byte
	stored []byte
	size   int       // of the block
	links  []cid.Cid // each once, in order
	block  cas.Block // of a new one
}

func (r *record) bytes() int { return len(r.stored) + 8 + 4*len(r.links) }

var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(fmt.Sprintf("cass3: the options of zstd are constant: %v", err))
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxBlock+1<<20))
		if err != nil {
			panic(fmt.Sprintf("cass3: the options of zstd are constant: %v", err))
		}
		return d
	})
)

// newRecord compresses a block where that makes it smaller.
func newRecord(b cas.Block) (*record, error) {
	links, err := distinctLinks(b)
	if err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	r := &record{id: b.CID(), stored: b.Data(), size: len(b.Data()), links: links, block: b}
	if len(r.stored) >= minZstd {
		if z := encoder().EncodeAll(b.Data(), nil); len(z) < len(r.stored) {
			r.form, r.stored = formZstd, z
		}
	}
	return r, nil
}

// distinctLinks are the links of a block, each once. What is no dag-cbor although it is called so has none: it is stored as it is.
func distinctLinks(b cas.Block) ([]cid.Cid, error) {
	if b.CID().Type() != cas.DagCBOR {
		return nil, nil
	}
	all, err := b.Links()
	var corrupt *cas.CorruptError
	if errors.As(err, &corrupt) {
		return nil, nil
	}
	seen := make(map[cid.Cid]bool, len(all))
	links := all[:0]
	for _, id := range all {
		if !seen[id] {
			seen[id] = true
			links = append(links, id)
		}
	}
	return links, err
}

// appendTo appends the record with what where knows of the places of its links. self is the pack that it lies in.
func (r *record) appendTo(dst []byte, self packID, where func(cid.Cid) location) []byte {
	body := append(make([]byte, 0, r.bytes()+64), r.form)
	body = binary.AppendUvarint(body, r.id.Type())
	body = binary.AppendUvarint(body, uint64(len(r.links)))
	body = appendHints(body, r.links, self, where)
	dst = binary.AppendUvarint(dst, uint64(len(body)+len(r.stored)))
	return append(append(dst, body...), r.stored...)
}

func appendHints(dst []byte, links []cid.Cid, self packID, where func(cid.Cid) location) []byte {
	var before location
	var others []packID
	for _, id := range links {
		at := where(id)
		dst = binary.AppendUvarint(dst, uint64(at.size))
		if !at.known() {
			continue
		}
		if before.known() && at.pack == before.pack && at.off == before.end() {
			dst = append(dst, hintNext)
		} else {
			dst, others = appendPack(dst, at.pack, self, others)
			dst = binary.AppendUvarint(dst, uint64(at.off))
		}
		before = at
	}
	return dst
}

func appendPack(dst []byte, p, self packID, others []packID) ([]byte, []packID) {
	if p == self {
		return append(dst, hintHere), others
	}
	for i, o := range others {
		if o == p {
			return binary.AppendUvarint(dst, uint64(hintKnown+i)), others
		}
	}
	return append(append(dst, hintOther), p[:]...), append(others, p)
}

// parsed is a record that was read: the bytes of the block are not yet checked.
type parsed struct {
	codec  uint64
	form   byte
	hints  []location // of the links, in order
	stored []byte
}

var errRecord = errors.New("not a record")

// splitRecord reads the record at the beginning of data; whole is its length.
func splitRecord(data []byte, self packID) (p parsed, whole int, err error) {
	n, head := binary.Uvarint(data)
	if head <= 0 || n == 0 || n > uint64(len(data)-head) {
		return parsed{}, 0, errRecord
	}
	whole = head + int(n)
	r := reader{data: data[head:whole]}
	p.form = r.byte()
	p.codec = r.uvarint()
	p.hints = r.hints(self)
	p.stored = r.data
	if r.bad || p.form > formZstd || p.codec >= 1<<32 {
		return parsed{}, 0, errRecord
	}
	return p, whole, nil
}

// content is the bytes of the block.
func (p parsed) content() ([]byte, error) {
	if p.form != formZstd {
		return p.stored, nil
	}
	return decoder().DecodeAll(p.stored, nil)
}

// block is the block of a record whose name is not known.
func (p parsed) block() (cas.Block, error) {
	data, err := p.content()
	if err != nil {
		return cas.Block{}, err
	}
	return cas.NewBlock(p.codec, data), nil
}

// digestOf is the sha2-256 of a CID that cas.CheckCID has found good.
func digestOf(id cid.Cid) (d [32]byte) {
	h := id.Hash()
	copy(d[:], h[len(h)-len(d):])
	return d
}

// cidOf is the CID with a digest and a codec.
func cidOf(digest [32]byte, codec uint64) (cid.Cid, error) {
	h, err := multihash.Encode(digest[:], multihash.SHA2_256)
	return cid.NewCidV1(codec, h), err
}
