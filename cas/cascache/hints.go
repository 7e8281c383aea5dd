package cascache

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// A file is the bytes of a block, and behind them, where the store of it is a cas.Hinter, its hints, 16 bytes that tell that store from others,
// the length of the hints in 4 bytes, little-endian, and hintsMagic.
const (
	hintsMagic = "dhfshint"
	hintsFoot  = storeID + 4 + len(hintsMagic)
	storeID    = 16
)

// hintsOf is what a store knows of a block besides, as it is stored.
func (s *Store) hintsOf(b cas.Block) []byte {
	h, ok := cas.As[cas.Hinter](s.RefStore)
	if !ok {
		return nil
	}
	hints := h.Hints(b)
	if len(hints) == 0 {
		return nil
	}
	size := len(hints)
	hints = append(hints, s.id()...)
	return append(binary.LittleEndian.AppendUint32(hints, uint32(size)), hintsMagic...)
}

// learn gives a store what it once knew of a block that the cache had.
func (s *Store) learn(b cas.Block, hints []byte) {
	if len(hints) < hintsFoot {
		return
	}
	hints, id := hints[:len(hints)-hintsFoot], hints[len(hints)-hintsFoot:][:storeID]
	if h, ok := cas.As[cas.Hinter](s.RefStore); ok && string(id) == string(s.id()) {
		h.Learn(b, hints)
	}
}

// id tells the store from any other.
func (s *Store) id() []byte {
	sum := sha256.Sum256([]byte(s.name))
	return sum[:storeID]
}

// split checks that a file is of a block, and tells what is behind its bytes.
func split(id cid.Cid, data []byte) (b cas.Block, hints []byte, err error) {
	if foot := len(data) - hintsFoot; foot >= 0 && string(data[len(data)-len(hintsMagic):]) == hintsMagic {
		size := foot - int(binary.LittleEndian.Uint32(data[foot+storeID:]))
		if size >= 0 && size <= foot {
			if b, err := cas.Check(id, data[:size:size]); err == nil {
				return b, data[size:], nil
			}
		}
	}
	b, err = cas.Check(id, data)
	return b, nil, err
}
