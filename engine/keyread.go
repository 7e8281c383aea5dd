package engine

import (
	"errors"
	"math"
	"strings"
)

// errKey says that bytes are not a key that the append functions write.
var errKey = errors.New("not a key of this version")

// keyReader reads back what the append functions of key.go wrote. The first
// failure sticks and leaves zero values behind. Strings alias the key where
// they can.
type keyReader struct {
	rest string
	bad  bool
}

func (r *keyReader) fail() { r.rest, r.bad = "", true }

// done tells whether exactly all of the key was read.
func (r *keyReader) done() error {
	if r.bad || r.rest != "" {
		return errKey
	}
	return nil
}

func (r *keyReader) byte() byte {
	if r.rest == "" {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *keyReader) take(n int) string {
	if n > len(r.rest) {
		r.fail()
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// bigEndian reads size bytes, of which the first is not zero.
func (r *keyReader) bigEndian(size int, mask byte) (n uint64) {
	if size > 8 {
		r.fail()
		return 0
	}
	s := r.take(size)
	if s != "" && s[0]^mask == 0 {
		r.fail()
		return 0
	}
	for i := range len(s) {
		n = n<<8 | uint64(s[i]^mask)
	}
	return n
}

// uint is maskedUint(0), which most of every key is read by.
func (r *keyReader) uint() (n uint64) {
	s := r.rest
	if s == "" || int(s[0]) >= len(s) || s[0] > 8 || s[0] > 0 && s[1] == 0 {
		r.fail()
		return 0
	}
	end := int(s[0]) + 1
	for i := 1; i < end; i++ {
		n = n<<8 | uint64(s[i])
	}
	r.rest = s[end:]
	return n
}

func (r *keyReader) maskedUint(mask byte) uint64 {
	return r.bigEndian(int(r.byte()^mask), mask)
}

func (r *keyReader) int() int64 { return r.maskedInt(0) }

func (r *keyReader) maskedInt(mask byte) int64 {
	head := int(r.byte() ^ mask)
	if head >= signZero {
		n := r.bigEndian(head-signZero, mask)
		if n > math.MaxInt64 {
			r.fail()
			return 0
		}
		return int64(n)
	}
	n := r.bigEndian(signZero-head, ^mask)
	if n > 1<<63 {
		r.fail()
		return 0
	}
	return int64(-n)
}

// string reads a string up to its end, and tells whether it goes on out of line.
func (r *keyReader) string() (s string, out bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(r.rest, 0)
		if i < 0 {
			r.fail()
			return "", false
		}
		part, after := r.rest[:i], r.rest[i+1:]
		if after == "" || after[0] < outMark {
			r.rest = after
			if b.Len() == 0 {
				return part, false
			}
			return b.String() + part, false
		}
		r.rest = after[1:]
		b.WriteString(part)
		if after[0] == outMark {
			return b.String(), true
		}
		b.WriteByte(0)
	}
}

// value reads a tag and its body.
func (r *keyReader) value() Value {
	switch tag := r.byte(); tag {
	case tagNil:
		return Value{}
	case tagFalse, tagTrue:
		return Bool(tag == tagTrue)
	case tagLong:
		return Long(r.int())
	case tagInstant:
		return Instant(r.int())
	case tagDouble:
		return r.double()
	case tagFloat:
		return r.float()
	case tagUUID:
		return Value{kind: UUIDKind, str: r.take(16)}
	case tagRef:
		return Value{kind: RefKind, num: r.uint()}
	case tagBigInt:
		return r.verbatim(BigIntKind, func() { r.bigInt() })
	case tagBigDec:
		return r.verbatim(BigDecKind, func() { r.bigDec() })
	case tagTuple:
		return r.verbatim(TupleKind, r.skipTuple)
	case tagKeyword, tagSymbol, tagString, tagURI, tagBytes:
		return r.text(Kind(tag) - tagLong + LongKind)
	}
	r.fail()
	return Value{}
}

func (r *keyReader) text(k Kind) Value {
	s, out := r.string()
	if out {
		return r.out(k, s)
	}
	return Value{kind: k, str: s}
}

// verbatim is a value that is kept as it is encoded; read reads over it and checks it.
func (r *keyReader) verbatim(k Kind, read func()) Value {
	before := r.rest
	read()
	if r.bad {
		return Value{}
	}
	return Value{kind: k, str: before[:len(before)-len(r.rest)]}
}

func (r *keyReader) double() Value {
	var n uint64
	s := r.take(8)
	for i := range len(s) {
		n = n<<8 | uint64(s[i])
	}
	if n>>63 != 0 {
		n &^= 1 << 63
	} else {
		n = ^n
	}
	v := Double(math.Float64frombits(n))
	if s == "" || v.num != n {
		r.fail()
	}
	return v
}

func (r *keyReader) float() Value {
	var n uint32
	s := r.take(4)
	for i := range len(s) {
		n = n<<8 | uint32(s[i])
	}
	if n>>31 != 0 {
		n &^= 1 << 31
	} else {
		n = ^n
	}
	v := Float(math.Float32frombits(n))
	if s == "" || v.num != uint64(n) {
		r.fail()
	}
	return v
}
