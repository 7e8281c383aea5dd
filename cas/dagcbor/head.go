package dagcbor

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Peek tells the kind of the next item without reading it. It returns End at
// the end, after an error, and before a first byte that dag-cbor does not have.
func (r *Reader) Peek() Kind {
	if r.off >= len(r.data) {
		return End
	}
	return kindOf(r.data[r.off])
}

// kindOf tells the kind from an item's first byte, End when there is none such.
func kindOf(b byte) Kind {
	switch b {
	case headFalse, headTrue:
		return Bool
	case headNull:
		return Null
	case headFloat:
		return Float
	case headTag:
		return Link
	}
	return majorKind(b >> 5)
}

// majorKind is the kind of the major types that are one kind each.
func majorKind(major byte) Kind {
	if major <= majorMap {
		return Uint + Kind(major)
	}
	return End
}

// arg reads the head of an item of the given major type and returns its argument.
func (r *Reader) arg(major byte) uint64 {
	if r.off >= len(r.data) || r.data[r.off]>>5 != major {
		r.wrong(majorKind(major))
		return 0
	}
	n, size := head(r.data[r.off:])
	if size == 0 || (major == majorNegInt && n > math.MaxInt64) {
		r.badHead()
		return 0
	}
	r.off += size
	return n
}

// head decodes the argument in the first bytes of b, which is not empty; size is
// how many those are, 0 when the head is cut short or not in its shortest form.
func head(b []byte) (arg uint64, size int) {
	switch low := b[0] & 31; {
	case low < 24:
		return uint64(low), 1
	case low == 24 && len(b) >= 2 && b[1] >= 24:
		return uint64(b[1]), 2
	case low == 25 && len(b) >= 3 && b[1] != 0:
		return uint64(binary.BigEndian.Uint16(b[1:])), 3
	case low == 26 && len(b) >= 5 && b[1]|b[2] != 0:
		return uint64(binary.BigEndian.Uint32(b[1:])), 5
	case low == 27 && len(b) >= 9 && b[1]|b[2]|b[3]|b[4] != 0:
		return binary.BigEndian.Uint64(b[1:]), 9
	}
	return 0, 0
}

// Float reads a float of 64 bits, which is finite.
func (r *Reader) Float() float64 {
	if r.off >= len(r.data) || r.data[r.off] != headFloat {
		r.wrong(Float)
		return 0
	}
	if len(r.data)-r.off < 9 {
		r.fail(r.off, "ends within a float")
		return 0
	}
	bits := binary.BigEndian.Uint64(r.data[r.off+1:])
	if bits>>52&0x7ff == 0x7ff { // the exponent of NaN and the infinities
		r.fail(r.off, "float is not finite")
		return 0
	}
	r.off += 9
	return math.Float64frombits(bits)
}

// wrong fails because the next item is not of the kind that the caller expects.
func (r *Reader) wrong(want Kind) {
	switch {
	case r.err != nil:
	case r.off >= len(r.data):
		r.fail(r.off, fmt.Sprintf("ends where %s is expected", want))
	case r.Peek() == End:
		r.badHead()
	default:
		r.fail(r.off, fmt.Sprintf("%s where %s is expected", r.Peek(), want))
	}
}

// badHead fails because of the first bytes of the next item and says why.
func (r *Reader) badHead() { r.fail(r.off, headFault(r.data[r.off:])) }

func headFault(b []byte) string {
	major, low := b[0]>>5, b[0]&31
	switch {
	case major == majorTag && b[0] != headTag:
		return "tag other than 42"
	case major == majorSimple && (low == 25 || low == 26):
		return "float shorter than 64 bits"
	case major == majorSimple && low == 31:
		return "break without an indefinite length"
	case major == majorSimple:
		return fmt.Sprintf("simple value 0x%x is not one of false, true and null", b[0])
	case low == 31:
		return "indefinite length"
	case low > 27:
		return fmt.Sprintf("0x%x starts no item", b[0])
	case len(b) < 1+1<<(low-24):
		return "ends within a number"
	}
	if n, size := head(b); size > 0 {
		return fmt.Sprintf("integer -1-%d is below -2^63", n)
	}
	return "number is not in its shortest form"
}
