// Package cas stores immutable blocks under their content identifiers and the
// few mutable refs that point at them.
//
// A Block is bytes and their CID. It can only be made by hashing its bytes
// (NewBlock) or by checking them against a CID (Check), so no store, however
// careless, can hand out bytes that do not match their name.
package cas

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Codecs that dhfs writes.
const (
	DagCBOR uint64 = cid.DagCBOR // nodes: leaves, branches, snapshots, transactions, commits
	Raw     uint64 = cid.Raw     // values too large to live in a leaf
)

// Block is immutable bytes together with their CID. The zero Block is not valid.
type Block struct {
	id   cid.Cid
	data []byte
}

// NewBlock hashes data (sha2-256) and takes ownership of it: the caller must
// not change data afterwards.
func NewBlock(codec uint64, data []byte) Block {
	sum, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		panic(fmt.Sprintf("cas: sha2-256 is always available: %v", err))
	}
	return Block{id: cid.NewCidV1(codec, sum), data: data}
}

// Check verifies untrusted data against id and returns it as a Block. It takes
// ownership of data. The error is a *CorruptError when the bytes do not match,
// and that of CheckCID when id is not one that NewBlock could make.
func Check(id cid.Cid, data []byte) (Block, error) {
	if err := CheckCID(id); err != nil {
		return Block{}, err
	}
	if b := NewBlock(id.Type(), data); b.id == id {
		return b, nil
	}
	return Block{}, &CorruptError{CID: id, Reason: fmt.Sprintf("%d bytes do not hash to their name", len(data))}
}

// CheckCID tells whether blocks can have the name id: whether it is a CIDv1
// with the whole of a sha2-256, else the error wraps ErrUnsupported. Which codec
// it names does not matter.
func CheckCID(id cid.Cid) error {
	if !id.Defined() {
		return errors.New("an undefined CID names no block")
	}
	if p := id.Prefix(); p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != 32 {
		return fmt.Errorf("block %s: other than CIDv1 with sha2-256: %w", id, ErrUnsupported)
	}
	return nil
}

// CID names the block.
func (b Block) CID() cid.Cid { return b.id }

// Data is the block's content. It must not be modified.
func (b Block) Data() []byte { return b.data }
