package casfile

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"math"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// key is what the store knows a block by.
type key struct {
	digest [sha256.Size]byte
	codec  uint32
}

// keyOf is false for CIDs that no block here can have: other versions, other
// hash functions, codecs above 32 bits.
func keyOf(id cid.Cid) (key, bool) {
	if !id.Defined() {
		return key{}, false
	}
	p := id.Prefix()
	if p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != sha256.Size || p.Codec > math.MaxUint32 {
		return key{}, false
	}
	k := key{codec: uint32(p.Codec)}
	hash := id.Hash()
	copy(k.digest[:], hash[len(hash)-sha256.Size:])
	return k, true
}

func (k key) cid() cid.Cid {
	hash := append([]byte{multihash.SHA2_256, sha256.Size}, k.digest[:]...)
	return cid.NewCidV1(uint64(k.codec), hash)
}

// compare orders keys as the index does.
func (k key) compare(other key) int {
	if c := bytes.Compare(k.digest[:], other.digest[:]); c != 0 {
		return c
	}
	return cmp.Compare(k.codec, other.codec)
}
