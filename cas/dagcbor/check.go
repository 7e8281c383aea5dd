package dagcbor

import (
	"fmt"

	"github.com/ipfs/go-cid"
)

// Check verifies that data is exactly one strict item. The error is an *Error.
func Check(data []byte) error {
	r := NewReader(data)
	r.Skip()
	return r.Done()
}

// Skip reads the next item, whole, and checks all of it.
func (r *Reader) Skip() { r.skip(0, nil) }

// skip reads the next item, which lies in depth others, and adds its links to
// found unless that is nil.
func (r *Reader) skip(depth int, found *[]cid.Cid) {
	switch kind := r.Peek(); kind {
	case Uint:
		r.Uint()
	case NegInt:
		r.arg(majorNegInt)
	case Bytes:
		r.Bytes()
	case Text:
		r.Text()
	case Array, Map:
		r.skipInside(kind, depth, found)
	case Link:
		r.skipLink(found)
	case Bool, Null:
		r.off++
	case Float:
		r.Float()
	default:
		r.notItem()
	}
}

func (r *Reader) skipInside(kind Kind, depth int, found *[]cid.Cid) {
	if depth == MaxDepth {
		r.fail(r.off, fmt.Sprintf("more than %d arrays and maps inside each other", MaxDepth))
		return
	}
	if kind == Map {
		r.skipPairs(r.Map(), depth+1, found)
		return
	}
	for n := r.Array(); n > 0 && r.err == nil; n-- {
		r.skip(depth+1, found)
	}
}

func (r *Reader) skipPairs(n, depth int, found *[]cid.Cid) {
	prev := ""
	for i := 0; i < n && r.err == nil; i++ {
		prev = r.key(prev, i == 0)
		r.skip(depth, found)
	}
}

func (r *Reader) skipLink(found *[]cid.Cid) {
	if found == nil {
		r.LinkBytes()
		return
	}
	if c := r.Link(); r.err == nil {
		*found = append(*found, c)
	}
}

// notItem fails because there is no item here.
func (r *Reader) notItem() {
	switch {
	case r.err != nil:
	case r.off >= len(r.data):
		r.fail(r.off, "ends where an item is expected")
	default:
		r.badHead()
	}
}
