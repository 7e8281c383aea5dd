package dagcbor

import (
	"bytes"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Link reads a link. It copies the CID, so that keeping it does not keep the input.
func (r *Reader) Link() cid.Cid {
	start := r.off
	b := r.linkBody()
	if r.err != nil {
		return cid.Undef
	}
	c, err := cid.Cast(b)
	if err != nil {
		r.fail(start, "link to an invalid CID: "+err.Error())
	}
	return c
}

// LinkBytes reads a link and returns its CID in binary form. The result aliases
// the input and nothing is allocated where the CID is one of this system's
// (CIDv1, sha2-256, dag-cbor or raw).
func (r *Reader) LinkBytes() []byte {
	start := r.off
	b := r.linkBody()
	if r.err != nil || plainCID(b) {
		return b
	}
	if _, err := cid.Cast(b); err != nil {
		r.fail(start, "link to an invalid CID: "+err.Error())
		return nil
	}
	return b
}

// linkBody reads tag 42 and returns what lies behind the zero byte below it.
func (r *Reader) linkBody() []byte {
	start := r.off
	if r.Peek() != Link {
		r.wrong(Link)
		return nil
	}
	if !bytes.HasPrefix(r.data[start:], []byte{headTag, tagLink}) {
		r.fail(start, "tag other than 42")
		return nil
	}
	r.off += 2
	b := r.Bytes()
	if r.err == nil && (len(b) == 0 || b[0] != 0) {
		r.fail(start, "link does not start with a zero byte")
	}
	if r.err != nil {
		return nil
	}
	return b[1:]
}

// plainCID tells whether b is a CIDv1 with sha2-256 and one of the two codecs
// of this system, which is decided without parsing.
func plainCID(b []byte) bool {
	return len(b) == 36 && b[0] == 1 && (b[1] == cid.DagCBOR || b[1] == cid.Raw) &&
		b[2] == multihash.SHA2_256 && b[3] == 32
}

// Links lists the links in data in order, each as often as it occurs. The error
// is that of Check.
func Links(data []byte) ([]cid.Cid, error) {
	var found []cid.Cid
	r := NewReader(data)
	r.skip(0, &found)
	if err := r.Done(); err != nil {
		return nil, err
	}
	return found, nil
}
