package fressian

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The bounds of what is read. They are far beyond what any writer makes.
const (
	maxDepth    = 100     // of values in values
	maxScale    = 100_000 // digits behind, or zeros before, the point of a decimal
	extraValues = 1 << 16 // values besides one for each byte
)

// Read reads the one value that data holds, to its last byte.
func Read(data []byte) (any, error) {
	r := &reader{data: data, left: len(data) + extraValues}
	v, err := r.run()
	if err == nil && r.at != len(data) {
		err = &Error{r.at, fmt.Sprintf("%d bytes after the value", len(data)-r.at)}
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// reader reads one block. Faults are thrown as *Error by fail and caught by run: nearly every line can have one.
type reader struct {
	data  []byte
	at    int
	depth int
	left  int // how many values there may still be, those that are named again counted again
	cache []cached
	types []structType
}

// cached is a value of the priority cache.
type cached struct {
	value  any
	weight int  // how many values it is
	open   bool // it is being read
}

type structType struct {
	tag  string
	size int
}

func (r *reader) run() (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			fault, ok := p.(*Error)
			if !ok {
				panic(p)
			}
			err = fault
		}
	}()
	return r.value(), nil
}

func (r *reader) fail(format string, args ...any) {
	panic(&Error{r.at, fmt.Sprintf(format, args...)})
}

// spend counts values, since a few bytes can name a large value again and again.
func (r *reader) spend(n int) {
	if r.left -= n; r.left < 0 {
		r.fail("more values than its length can hold")
	}
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data)-r.at {
		r.fail("%d bytes expected, %d left", n, len(r.data)-r.at)
	}
	b := r.data[r.at : r.at+n]
	r.at += n
	return b
}

func (r *reader) code() byte { return r.take(1)[0] }

// unsigned reads a big-endian number.
func (r *reader) unsigned(n int) int64 {
	var v int64
	for _, b := range r.take(n) {
		v = v<<8 | int64(b)
	}
	return v
}

// count reads how many things of at least size bytes follow.
func (r *reader) count(size int) int {
	n, ok := r.value().(int64)
	if !ok || n < 0 || n > int64((len(r.data)-r.at)/size) {
		r.fail("a count that is no number or more than there is")
	}
	return int(n)
}

func (r *reader) value() any { return r.valueOf(r.code()) }

// valueOf reads the value that begins with code c.
func (r *reader) valueOf(c byte) any {
	if r.depth++; r.depth > maxDepth {
		r.fail("values nested more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	r.spend(1)
	switch {
	case c < 0x80 || c == 0xff || c == 0xf8:
		return r.integer(c)
	case c < 0xa0:
		return r.named(int64(c - 0x80))
	case c < 0xb0:
		return r.structAt(int64(c - 0xa0))
	case c < 0xb6:
		return r.array(c)
	case c < 0xcc:
		return r.builtin(c)
	case c >= 0xd0 && c < 0xda:
		return r.bytes(c)
	case c < 0xe4 && c >= 0xda:
		return r.text(r.textBytes(c))
	case c >= 0xe4 && c < 0xef:
		return r.list(c)
	}
	return r.special(c)
}

func (r *reader) special(c byte) any {
	switch c {
	case 0xcc:
		return r.named(int64(r.index()))
	case 0xcd:
		return r.remember()
	case 0xef:
		return r.newStruct()
	case 0xf0:
		return r.structAt(int64(r.index()))
	case 0xf5:
		return true
	case 0xf6:
		return false
	case 0xf7:
		return nil
	case 0xf9:
		return math.Float32frombits(binary.BigEndian.Uint32(r.take(4)))
	case 0xfa:
		return math.Float64frombits(binary.BigEndian.Uint64(r.take(8)))
	case 0xfb:
		return 0.0
	case 0xfc:
		return 1.0
	case 0xfe:
		r.cache, r.types = nil, nil
		return r.value()
	}
	r.at--
	r.fail("0x%02x begins no value", c)
	return nil
}

// integer reads numbers of up to 64 bits, the small ones packed.
func (r *reader) integer(c byte) int64 {
	packed := func(zero byte, n int) int64 { return (int64(c)-int64(zero))<<(8*n) | r.unsigned(n) }
	switch {
	case c == 0xff:
		return -1
	case c == 0xf8:
		return int64(binary.BigEndian.Uint64(r.take(8)))
	case c < 0x40:
		return int64(c)
	case c < 0x60:
		return packed(0x50, 1)
	case c < 0x70:
		return packed(0x68, 2)
	case c < 0x74:
		return packed(0x72, 3)
	case c < 0x78:
		return packed(0x76, 4)
	case c < 0x7c:
		return packed(0x7a, 5)
	}
	return packed(0x7e, 6)
}

// index reads the place in a cache.
func (r *reader) index() int {
	n, ok := r.value().(int64)
	if !ok || n < 0 || n > int64(len(r.data)) {
		r.fail("a place in a cache that is no number or too large")
	}
	return int(n)
}

// named is a value that was read before.
func (r *reader) named(n int64) any {
	if n >= int64(len(r.cache)) {
		r.fail("value %d of the cache, which has %d", n, len(r.cache))
	}
	c := r.cache[n]
	if c.open {
		r.fail("value %d of the cache is within itself", n)
	}
	r.spend(c.weight)
	return c.value
}

// remember reads a value and keeps it in the cache, at the place that was free before.
func (r *reader) remember() any {
	n, before := len(r.cache), r.left
	r.cache = append(r.cache, cached{open: true})
	v := r.value()
	if n < len(r.cache) { // unless the caches were emptied within
		r.cache[n] = cached{value: v, weight: before - r.left}
	}
	return v
}
