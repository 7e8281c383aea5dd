// Package car writes and reads CAR files, version 1: a header that names roots,
// then blocks, each with its CID. IPFS tools exchange blocks that way, so
// "ipfs dag import" takes what Write wrote.
//
// The format is that of https://ipld.io/specs/transport/car/carv1/: every part
// is preceded by its length as an unsigned varint (LEB128); the header is
// dag-cbor, {"roots": [link, …], "version": 1}; a block is its binary CID and its bytes.
package car

import (
	"fmt"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/ipfs/go-cid"
)

const (
	// MaxBlock is the size of the largest block that is written or read, in bytes.
	MaxBlock = 64 << 20
	// maxHeader is room for 25,000 roots.
	maxHeader = 1 << 20
	// maxCID is more than any CID takes that names a block.
	maxCID = 64
)

// FormatError says what is wrong with a file that is read as a CAR and where.
type FormatError struct {
	Offset int64 // in bytes from the start of the file, of the part at fault
	Reason string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("not a sound CAR file: at byte %d: %s", e.Offset, e.Reason)
}

func appendHeader(dst []byte, roots []cid.Cid) []byte {
	dst = dagcbor.AppendText(dagcbor.AppendMap(dst, 2), "roots")
	dst = dagcbor.AppendArray(dst, len(roots))
	for _, root := range roots {
		dst = dagcbor.AppendLink(dst, root)
	}
	return dagcbor.AppendUint(dagcbor.AppendText(dst, "version"), 1)
}

// parseHeader returns the roots.
func parseHeader(data []byte) ([]cid.Cid, error) {
	r := dagcbor.NewReader(data)
	pairs := r.Map()
	key := r.Key("")
	var roots []cid.Cid
	if key == "roots" {
		for n := r.Array(); n > 0 && r.Err() == nil; n-- {
			roots = append(roots, r.Link())
		}
		key = r.Key(key)
	}
	if key == "version" { // comes first in a header of version 2
		if v := r.Uint(); r.Err() == nil && v != 1 {
			r.Fail(fmt.Sprintf("version %d of CAR is not supported, only 1 is", v))
		}
	}
	if pairs != 2 || key != "version" || len(roots) == 0 {
		r.Fail("it must have roots, one at least, and a version and nothing else")
	}
	return roots, r.Done()
}
