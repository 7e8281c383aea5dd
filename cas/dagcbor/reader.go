package dagcbor

import (
	"fmt"
	"math"
	"unicode/utf8"
	"unsafe"
)

// Reader reads items one after another. The first error sticks: every later
// call returns zero and Err the first error, so that callers check once. Counts
// and lengths are checked against the bytes that are left before they are
// returned, so a caller may allocate what a count says.
//
// Reading allocates nothing but the errors and what Link returns.
type Reader struct {
	data []byte // nil after an error, so that the fast paths need no check of err
	off  int
	err  error
}

// NewReader reads data, which must not change while what Bytes and Text return is in use.
func NewReader(data []byte) *Reader { return &Reader{data: data} }

// Uint reads an integer that is not negative.
func (r *Reader) Uint() uint64 {
	if r.off < len(r.data) && r.data[r.off] < 24 {
		r.off++
		return uint64(r.data[r.off-1])
	}
	return r.arg(majorUint)
}

// Int reads an integer that fits 64 bits with a sign.
func (r *Reader) Int() int64 {
	start := r.off
	if r.Peek() == NegInt {
		n := int64(r.arg(majorNegInt))
		if r.err != nil {
			return 0
		}
		return ^n
	}
	n := r.Uint()
	if n > math.MaxInt64 {
		r.fail(start, "integer over 2^63-1")
		return 0
	}
	return int64(n)
}

// Bytes reads a string of bytes. The result aliases the input.
func (r *Reader) Bytes() []byte {
	return r.take(r.size(majorBytes, 1))
}

// Text reads text. The result aliases the input, without copying: keep it only
// as long as the whole input may stay in memory.
func (r *Reader) Text() string {
	start := r.off
	b := r.take(r.size(majorText, 1))
	if len(b) == 0 {
		return ""
	}
	if !utf8.Valid(b) {
		r.fail(start, "text is not UTF-8")
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	if r.off < len(r.data) {
		if b := r.data[r.off]; b == headTrue || b == headFalse {
			r.off++
			return b == headTrue
		}
	}
	r.wrong(Bool)
	return false
}

// Null reads null.
func (r *Reader) Null() {
	if r.off < len(r.data) && r.data[r.off] == headNull {
		r.off++
		return
	}
	r.wrong(Null)
}

// Array reads the head of an array and returns the number of items that follow.
func (r *Reader) Array() int { return r.size(majorArray, 1) }

// Map reads the head of a map and returns the number of pairs that follow.
func (r *Reader) Map() int { return r.size(majorMap, 2) }

// Key reads a key of a map. prev is the key before it, "" for the first, and
// keys must rise. The empty key is refused, as no prev could tell that it came twice.
func (r *Reader) Key(prev string) string { return r.key(prev, false) }

// key reads a key that comes after prev, or anything at all where it is the first.
func (r *Reader) key(prev string, first bool) string {
	start := r.off
	key := r.Text()
	if r.err == nil && !first && !keyLess(prev, key) {
		r.fail(start, fmt.Sprintf("map key %q does not come after %q", key, prev))
		return ""
	}
	return key
}

// keyLess is the canonical order of map keys.
func keyLess(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// Fail records an error of the caller's own at this offset, unless there is one already.
func (r *Reader) Fail(msg string) { r.fail(r.off, msg) }

// Err is the first error, an *Error.
func (r *Reader) Err() error { return r.err }

// Done is the first error, or the complaint that bytes are left.
func (r *Reader) Done() error {
	if left := len(r.data) - r.off; r.err == nil && left > 0 {
		r.fail(r.off, fmt.Sprintf("%d bytes too many", left))
	}
	return r.err
}

// size reads the head of something that is as long as its argument times unit
// bytes at least, and checks that so much is left.
func (r *Reader) size(major byte, unit int) int {
	if r.off < len(r.data) {
		// Most sizes are in the first byte, which then differs from the major type's by less than 24.
		if n := r.data[r.off] ^ major<<5; n < 24 && int(n)*unit < len(r.data)-r.off {
			r.off++
			return int(n)
		}
	}
	return r.longSize(major, unit)
}

func (r *Reader) longSize(major byte, unit int) int {
	start := r.off
	n := r.arg(major)
	if left := len(r.data) - r.off; n > uint64(left/unit) && r.err == nil {
		r.fail(start, fmt.Sprintf("%s of length %d with %d bytes left", majorKind(major), n, left))
		return 0
	}
	return int(n)
}

func (r *Reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	b := r.data[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

func (r *Reader) fail(at int, reason string) {
	if r.err == nil {
		r.err = &Error{Offset: at, Reason: reason}
		r.data = nil
	}
}
