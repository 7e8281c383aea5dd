package dagcbor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/ipfs/go-cid"
)

// AppendUint appends an unsigned integer.
func AppendUint(dst []byte, n uint64) []byte { return appendHead(dst, majorUint, n) }

// AppendInt appends a signed integer.
func AppendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNegInt, uint64(^n))
	}
	return appendHead(dst, majorUint, uint64(n))
}

// AppendBytes appends a string of bytes.
func AppendBytes(dst, b []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(b))), b...)
}

// AppendText appends text. It panics when s is not UTF-8, which no reader would
// accept: text is checked where it enters the system.
func AppendText(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		panic(fmt.Sprintf("dagcbor: text is not UTF-8: %q", s))
	}
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

// AppendBool appends true or false.
func AppendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, headTrue)
	}
	return append(dst, headFalse)
}

// AppendNull appends null.
func AppendNull(dst []byte) []byte { return append(dst, headNull) }

// AppendFloat appends a float of 64 bits. It panics on NaN and infinities, which
// dag-cbor cannot hold.
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		panic(fmt.Sprintf("dagcbor: %v cannot be written", f))
	}
	return binary.BigEndian.AppendUint64(append(dst, headFloat), math.Float64bits(f))
}

// AppendLink appends a link. It panics when c is cid.Undef.
func AppendLink(dst []byte, c cid.Cid) []byte {
	if !c.Defined() {
		panic("dagcbor: an undefined CID cannot be linked to")
	}
	s := c.KeyString()
	dst = appendHead(append(dst, headTag, tagLink), majorBytes, uint64(1+len(s)))
	return append(append(dst, 0), s...) // 0 is the multibase prefix of binary
}

// AppendArray starts an array: n items follow.
func AppendArray(dst []byte, n int) []byte { return appendHead(dst, majorArray, uint64(n)) }

// AppendMap starts a map: n pairs of key and value follow, the keys text in
// canonical order, which is shorter first and bytewise among equally long ones.
func AppendMap(dst []byte, n int) []byte { return appendHead(dst, majorMap, uint64(n)) }

// appendHead appends a major type and its argument in the shortest form.
func appendHead(dst []byte, major byte, n uint64) []byte {
	if n < 24 {
		return append(dst, major<<5|byte(n))
	}
	return appendLong(dst, major<<5, n)
}

func appendLong(dst []byte, major byte, n uint64) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return append(dst, major|25, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}
