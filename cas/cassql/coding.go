package cassql

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/klauspost/compress/zstd"
)

// How the bytes of a block are kept.
const (
	codingPlain = 0
	codingZstd  = 1
)

const (
	// smallest is the size from which a block is compressed. What is smaller is mostly hashes.
	smallest = 512
	// largest bounds a block.
	largest = 1 << 30
)

// row is a block as its table has it.
type row struct {
	id     []byte
	size   int64 // of the block
	coding int64
	data   []byte
}

var compressor = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		panic(fmt.Sprintf("cassql: fixed zstd options are valid: %v", err))
	}
	return e
})

var decompressor = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(largest), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(fmt.Sprintf("cassql: fixed zstd options are valid: %v", err))
	}
	return d
})

// rowOf is a block as it is stored: compressed where that makes it smaller.
func rowOf(b cas.Block) row {
	r := row{id: b.CID().Bytes(), size: int64(len(b.Data())), coding: codingPlain, data: b.Data()}
	if r.data == nil {
		r.data = []byte{} // nil would be NULL
	}
	if len(r.data) >= smallest {
		if packed := compressor().EncodeAll(r.data, nil); len(packed) < len(r.data) {
			r.coding, r.data = codingZstd, packed
		}
	}
	return r
}

// block checks a row against the name that it was found under.
func (r row) block(table string, id cid.Cid) (cas.Block, error) {
	data, err := r.unpack()
	if err == nil {
		var b cas.Block
		if b, err = cas.Check(id, data); err == nil {
			return b, nil
		}
		err = fmt.Errorf("%d bytes do not hash to their name", len(data))
	}
	return cas.Block{}, &cas.CorruptError{CID: id, Path: "table " + table, Reason: err.Error()}
}

func (r row) unpack() ([]byte, error) {
	switch r.coding {
	case codingPlain:
		return r.data, nil
	case codingZstd:
	default:
		return nil, fmt.Errorf("coding %d is not known", r.coding)
	}
	if r.size < 0 || r.size > largest {
		return nil, fmt.Errorf("a size of %d bytes", r.size)
	}
	data, err := decompressor().DecodeAll(r.data, make([]byte, 0, r.size))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return data, nil
}
