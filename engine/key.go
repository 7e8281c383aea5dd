package engine

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"
)

// Keys compare bytewise as what they encode does. FORMAT.md, "Keys", has them
// byte for byte.

// Every value's encoding begins with a tag that says its kind; 0 is left for the end of tuples.
const (
	tagNil = iota + 1
	tagFalse
	tagTrue
	tagLong
	tagBigInt
	tagDouble
	tagFloat
	tagBigDec
	tagInstant
	tagUUID
	tagKeyword
	tagSymbol
	tagString
	tagURI
	tagBytes
	tagTuple
	tagRef
)

// What follows a zero byte within a string says what the zero means: outMark
// that the string goes on out of line, zeroMark that it is a zero byte of the
// string. Anything else belongs to the next item, and is less.
const (
	outMark  = 0xfe
	zeroMark = 0xff
)

// tagOf is the tag of v, whose kind must be one that exists.
func tagOf(v Value) byte {
	switch {
	case v.kind == NilKind:
		return tagNil
	case v.kind == BoolKind:
		return tagFalse + byte(v.num)
	}
	return byte(v.kind) + tagLong - byte(LongKind)
}

// appendValue appends the encoding of v: a tag and a body that ends itself.
func appendValue(dst []byte, v Value) []byte {
	dst = append(dst, tagOf(v))
	switch v.kind {
	case LongKind, InstantKind:
		return appendInt(dst, int64(v.num))
	case DoubleKind:
		return binary.BigEndian.AppendUint64(dst, orderedFloat64(v.num))
	case FloatKind:
		return binary.BigEndian.AppendUint32(dst, orderedFloat32(uint32(v.num)))
	case BigIntKind, BigDecKind, TupleKind, UUIDKind:
		return append(dst, v.str...)
	case KeywordKind, SymbolKind, StringKind, URIKind, BytesKind:
		if v.out {
			return appendOut(dst, v)
		}
		return appendString(dst, v.str)
	case RefKind:
		return appendUint(dst, v.num)
	}
	return dst
}

// appendUint appends how many bytes n takes, then those bytes, big-endian.
func appendUint(dst []byte, n uint64) []byte {
	size := (bits.Len64(n) + 7) / 8
	dst = append(dst, byte(size))
	for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(n>>shift))
	}
	return dst
}

// appendInt appends 0x80 plus the number of bytes that n takes, and those
// bytes; 0x80 minus that number and the complement of those bytes when n is negative.
func appendInt(dst []byte, n int64) []byte {
	mag, mask := uint64(n), uint64(0)
	if n < 0 {
		mag, mask = -mag, math.MaxUint64
	}
	size := (bits.Len64(mag) + 7) / 8
	head := byte(signZero + size)
	if n < 0 {
		head = byte(signZero - size)
	}
	dst = append(dst, head)
	for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte((mag^mask)>>shift))
	}
	return dst
}

// appendString appends s with its zero bytes marked, and a final zero.
func appendString(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(append(dst, s...), 0)
		}
		dst = append(append(dst, s[:i]...), 0, zeroMark)
		s = s[i+1:]
	}
}

// orderedFloat64 turns the bits of a float into a number that sorts as the float does.
func orderedFloat64(b uint64) uint64 {
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

func orderedFloat32(b uint32) uint32 {
	if b>>31 != 0 {
		return ^b
	}
	return b | 1<<31
}
