package engine

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Text and bytes over maxInline bytes live out of line, in a raw block of their
// own. In keys and leaves their first prefixSize bytes stand for them, with the
// block's digest and size.
const (
	maxInline  = 1024
	prefixSize = 64
	digestSize = 32
)

// OutOfLine tells whether the value is only the stand-in of one that lives in a block of its own.
func (v Value) OutOfLine() bool { return v.out }

// Size is the length in bytes of a text or bytes value, wherever it lives.
func (v Value) Size() int64 {
	if v.out {
		return int64(v.num)
	}
	return int64(len(v.str))
}

// Link is the block that a value lives in, cid.Undef for one that is not out of line.
func (v Value) Link() cid.Cid {
	if !v.out {
		return cid.Undef
	}
	sum, err := multihash.Encode([]byte(v.str[len(v.str)-digestSize:]), multihash.SHA2_256)
	if err != nil {
		return cid.Undef
	}
	return cid.NewCidV1(cas.Raw, sum)
}

// outline returns what is stored in trees for v: v itself, or for a large one its
// stand-in and the block that it lives in.
func outline(v Value) (stored Value, block cas.Block, moved bool) {
	if v.out || len(v.str) <= maxInline {
		return v, cas.Block{}, false
	}
	switch v.kind {
	case StringKind, URIKind, BytesKind:
	default:
		return v, cas.Block{}, false
	}
	block = cas.NewBlock(cas.Raw, []byte(v.str))
	return standIn(v.kind, prefixOf(v), block.CID(), uint64(len(v.str))), block, true
}

// standIn makes the stand-in of a value of size bytes that lives in the block id.
func standIn(k Kind, prefix string, id cid.Cid, size uint64) Value {
	hash := id.Hash()
	return Value{kind: k, out: true, num: size, str: prefix + string(hash[len(hash)-digestSize:])}
}

// prefixOf is the first bytes of a large value, without a cut character at the end.
func prefixOf(v Value) string {
	s := v.str[:prefixSize]
	if v.kind == BytesKind {
		return s
	}
	for i := len(s) - 1; i >= 0 && i > len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return s[:i]
			}
			break
		}
	}
	return s
}

// appendOut appends the body of a value that lives out of line: its prefix, a
// zero byte and outMark, the digest and the size.
func appendOut(dst []byte, v Value) []byte {
	dst = appendString(dst, v.Text())
	dst = append(dst, outMark)
	dst = append(dst, v.str[len(v.str)-digestSize:]...)
	return appendUint(dst, v.num)
}

// out reads what follows the prefix of a value that lives out of line.
func (r *keyReader) out(k Kind, prefix string) Value {
	digest, size := r.take(digestSize), r.uint()
	if k < StringKind || len(prefix) > prefixSize || size <= maxInline {
		r.fail()
		return Value{}
	}
	return Value{kind: k, out: true, num: size, str: prefix + digest}
}

// resolve reads the value behind a stand-in.
func resolve(ctx context.Context, g cas.Getter, v Value) (Value, error) {
	if !v.out {
		return v, nil
	}
	b, err := g.Get(ctx, v.Link())
	if err != nil {
		return Value{}, fmt.Errorf("read a value of %d bytes: %w", v.num, err)
	}
	if uint64(len(b.Data())) != v.num {
		return Value{}, &cas.CorruptError{CID: b.CID(), Reason: fmt.Sprintf("%d bytes where a datom names %d", len(b.Data()), v.num)}
	}
	return Value{kind: v.kind, str: string(b.Data())}, nil
}
