package cass3

import (
	"encoding/binary"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// hintsVersion begins what Hints gives.
const hintsVersion = 1

// Hints implements cas.Hinter: where the children of a block lie, in the form that records have.
func (s *Store) Hints(b cas.Block) []byte {
	if b.CID().Type() == cas.Raw {
		return nil
	}
	links, err := distinctLinks(b)
	if err != nil || len(links) == 0 {
		return nil
	}
	known := make([]location, len(links))
	any := false
	for i, id := range links {
		known[i] = s.where(id)
		any = any || known[i].known()
	}
	if !any {
		return nil
	}
	i := -1
	return appendHints(binary.AppendUvarint([]byte{hintsVersion}, uint64(len(links))), links, packID{}, func(cid.Cid) location { i++; return known[i] })
}

// Learn implements cas.Hinter.
func (s *Store) Learn(b cas.Block, hints []byte) {
	if len(hints) == 0 || hints[0] != hintsVersion {
		return
	}
	r := reader{data: hints[1:]}
	known := r.hints(packID{})
	if r.bad || len(r.data) > 0 {
		return
	}
	if links, err := distinctLinks(b); err == nil && len(links) == len(known) {
		s.learnHints(links, known)
	}
}
