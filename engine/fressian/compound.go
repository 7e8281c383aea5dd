package fressian

import (
	"math"
	"math/big"
	"unicode/utf16"
	"unicode/utf8"
)

// array reads an array of numbers or values of one type: they are written as any others, behind their count.
func (r *reader) array(byte) List { return r.items(r.count(1)) }

func (r *reader) list(c byte) List {
	switch c {
	case 0xec:
		return r.items(r.count(1))
	case 0xed, 0xee:
		return r.closed(c == 0xee)
	}
	return r.items(int(c - 0xe4))
}

// items reads n values. Room is made as they come, whatever n says.
func (r *reader) items(n int) List {
	l := make(List, 0, min(n, 64))
	for range n {
		l = append(l, r.value())
	}
	return l
}

// closed reads values up to a mark; an open list may end with the input too.
func (r *reader) closed(open bool) (l List) {
	for !open || r.at < len(r.data) {
		c := r.code()
		if c == 0xfd {
			break
		}
		l = append(l, r.valueOf(c))
	}
	return l
}

func (r *reader) bytes(c byte) []byte { return r.parted(c, 0xd0, "bytes") }

func (r *reader) textBytes(c byte) []byte { return r.parted(c, 0xda, "a string") }

// parted reads what may come in parts. Its codes begin at first: eight for a length, one for a part that others follow, one for the last part.
func (r *reader) parted(c, first byte, what string) []byte {
	part, last := first+8, first+9
	var all []byte
	for c == part {
		all = append(all, r.take(r.count(1))...)
		c = r.code()
	}
	if c < first || c > last {
		r.fail("%s in parts ends with something else", what)
	}
	n := int(c - first)
	if c == last {
		n = r.count(1)
	}
	if all == nil {
		return r.take(n)
	}
	return append(all, r.take(n)...)
}

// text decodes a string, in which each unit of UTF-16 is written by itself.
func (r *reader) text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var units []uint16
	for len(b) > 0 {
		u, n := unit(b)
		if n == 0 {
			r.fail("a string that is not UTF-16 written as UTF-8")
		}
		units, b = append(units, u...), b[n:]
	}
	return string(utf16.Decode(units))
}

// unit reads one character, which may be half of a pair. n is 0 when there is none.
func unit(b []byte) (units []uint16, n int) {
	if len(b) >= 3 && b[0] == 0xed && b[1]&0xe0 == 0xa0 && b[2]&0xc0 == 0x80 {
		return []uint16{uint16(b[0]&0xf)<<12 | uint16(b[1]&0x3f)<<6 | uint16(b[2]&0x3f)}, 3
	}
	if len(b) >= 2 && b[0] == 0xc0 && b[1] == 0x80 { // the zero of Java
		return []uint16{0}, 2
	}
	c, n := utf8.DecodeRune(b)
	if c == utf8.RuneError && n <= 1 {
		return nil, 0
	}
	return utf16.AppendRune(nil, c), n
}

// builtin reads the types that have a code of their own.
func (r *reader) builtin(c byte) any {
	switch c {
	case 0xc0:
		return r.builtinStruct("map", 1)
	case 0xc1:
		return r.builtinStruct("set", 1)
	case 0xc3:
		return r.builtinStruct("uuid", 1)
	case 0xc6:
		return r.builtinStruct("bigint", 1)
	case 0xc7:
		return r.builtinStruct("bigdec", 2)
	case 0xc8:
		return r.builtinStruct("inst", 1)
	case 0xc9:
		return r.builtinStruct("sym", 2)
	case 0xca:
		return r.builtinStruct("key", 2)
	case 0xc5:
		return r.builtinStruct("uri", 1)
	case 0xc4:
		return r.builtinStruct("regex", 2)
	}
	r.at--
	r.fail("0x%02x begins no value", c)
	return nil
}

func (r *reader) builtinStruct(tag string, size int) any { return r.structure(structType{tag, size}) }

func (r *reader) newStruct() any {
	tag, ok := r.value().(string)
	if !ok || len(tag) > 256 {
		r.fail("a type whose name is no short string")
	}
	t := structType{tag, r.count(1)}
	r.types = append(r.types, t)
	return r.structure(t)
}

func (r *reader) structAt(n int64) any {
	if n >= int64(len(r.types)) {
		r.fail("type %d of %d", n, len(r.types))
	}
	return r.structure(r.types[n])
}

// structure reads what a value of a type is made of.
func (r *reader) structure(t structType) any {
	switch t.tag {
	case "pvec", "plist": // say that they have two parts, and have a count and so many items
		return r.items(r.count(1))
	case "irecord":
		n := r.count(2)
		return Tagged{t.tag, r.items(1 + 2*n)}
	}
	parts := r.items(t.size)
	v, ok := r.made(t, parts)
	if !ok {
		r.fail("a %s made of something else", t.tag)
	}
	return v
}

// made is the value of a type that has a Go type, and a Tagged of any other.
func (r *reader) made(t structType, parts List) (v any, ok bool) {
	switch {
	case t.tag == "map" && t.size == 1:
		l, ok := parts[0].(List)
		return Map(l), ok && len(l)%2 == 0
	case t.tag == "set" && t.size == 1:
		l, ok := parts[0].(List)
		return Set(l), ok
	case t.tag == "uuid" && t.size == 1:
		b, ok := parts[0].([]byte)
		if !ok || len(b) != 16 {
			return nil, false
		}
		return UUID(b), true
	case t.tag == "bigint" && t.size == 1:
		b, ok := parts[0].([]byte)
		return bigInt(b), ok
	case t.tag == "bigdec" && t.size == 2:
		b, ok := parts[0].([]byte)
		scale, ok2 := parts[1].(int64)
		return BigDec{bigInt(b), int32(scale)}, ok && ok2 && scale >= -maxScale && scale <= maxScale
	case t.tag == "inst" && t.size == 1:
		ms, ok := parts[0].(int64)
		return Inst(ms), ok
	case t.tag == "char" && t.size == 1:
		n, ok := parts[0].(int64)
		return Char(n), ok && n >= 0 && n <= math.MaxUint16
	case (t.tag == "key" || t.tag == "sym") && t.size == 2:
		return name(t.tag, parts)
	}
	return Tagged{t.tag, parts}, true
}

func name(tag string, parts List) (any, bool) {
	full, ok := parts[1].(string)
	if space, has := parts[0].(string); has {
		full = space + "/" + full
	} else if parts[0] != nil {
		return nil, false
	}
	if tag == "key" {
		return Keyword(full), ok
	}
	return Symbol(full), ok
}

// bigInt is a number in two's complement.
func bigInt(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}
