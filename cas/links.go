package cas

import (
	"fmt"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

// Links lists what the block links to, in order, each as often as it occurs. A
// raw block has no links. The error is a *CorruptError when the block is not
// strict dag-cbor although its CID says so, and wraps ErrUnsupported when it
// has a codec that dhfs does not write.
func (b Block) Links() ([]cid.Cid, error) {
	switch codec := b.id.Type(); codec {
	case Raw:
		return nil, nil
	case DagCBOR:
		links, err := dagcbor.Links(b.data)
		if err != nil {
			return nil, &CorruptError{CID: b.id, Reason: err.Error()}
		}
		return links, nil
	default:
		return nil, fmt.Errorf("block %s: codec 0x%x, neither dag-cbor nor raw: %w", b.id, codec, ErrUnsupported)
	}
}
