package edn

import (
	"hash/maphash"
	"math"
	"strings"
)

var hashSeed = maphash.MakeSeed()

// Hash agrees with Equal. It differs from one run of the program to the next.
func Hash(v Value) uint64 {
	switch c := class(v.kind); c {
	case classNumber:
		return mix(c, hashNumber(v))
	case classNil, classBool, classChar, classInst:
		return mix(c, v.num)
	case classSeq:
		h := uint64(c)
		for _, item := range v.Items() {
			h = mix(int(h), Hash(item))
		}
		return mix(c, h)
	case classSet, classMap:
		return mix(c, hashUnordered(v.Items(), c-classSet+1))
	case classTagged:
		return mix(c, maphash.String(hashSeed, v.Text())^Hash(v.Items()[0]))
	default:
		return mix(c, maphash.String(hashSeed, v.Text()))
	}
}

// hashUnordered adds up the hashes of elements or pairs.
func hashUnordered(items []Value, step int) (sum uint64) {
	for i := 0; i < len(items); i += step {
		h := uint64(0)
		for _, item := range items[i : i+step] {
			h = mix(int(h), Hash(item))
		}
		sum += h
	}
	return sum
}

// mix is the finishing step of splitmix64 over both.
func mix(c int, h uint64) uint64 {
	h += uint64(c)*0x9E3779B97F4A7C15 + 1
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

func hashNumber(v Value) uint64 {
	switch v.kind {
	case Int:
		return v.num
	case BigInt:
		if n := v.Big(); n.IsInt64() {
			return uint64(n.Int64())
		}
		return maphash.Bytes(hashSeed, v.Big().Bytes())
	case BigDec:
		digits, exp := normal(v)
		return mix(exp, maphash.String(hashSeed, digits))
	}
	f := v.Float()
	switch {
	case f == 0:
		return math.Float64bits(0) ^ 1
	case f != f:
		return 2
	}
	return math.Float64bits(f)
}

// normal is a decimal's digits without zeros at their end, with the sign, and
// the power of ten of the first digit.
func normal(v Value) (digits string, exp int) {
	if v.Big().Sign() == 0 {
		return "0", 0
	}
	s := v.Big().String()
	n := len(strings.TrimPrefix(s, "-"))
	return strings.TrimRight(s, "0"), n - int(v.Scale())
}
