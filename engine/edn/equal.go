package edn

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
)

// Equal is Clojure's =: lists and vectors with equal items are equal, sets and
// maps regardless of order, integers of any size by number (1 = 1N), decimals
// by number (1.0M = 1.00M); numbers of different categories are not (1, 1.0
// and 1M differ). NaN equals itself here, so that Equal is an equivalence.
// Positions do not matter.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return equalAcross(a, b)
	}
	switch a.kind {
	case Nil:
		return true
	case Bool, Int, Char, Inst:
		return a.num == b.num
	case String, Keyword, Symbol, UUID, Bytes:
		return a.num == b.num && (a.ptr == b.ptr || a.Text() == b.Text())
	case Float, BigInt, BigDec:
		return compareNumbers(a, b) == 0
	case List, Vector:
		return slices.EqualFunc(a.Items(), b.Items(), Equal)
	case Set:
		return a.num == b.num && equalSorted(a.Items(), b.Items(), 1)
	case Map:
		return a.num == b.num && equalSorted(a.Items(), b.Items(), 2)
	}
	return a.Text() == b.Text() && Equal(a.Items()[0], b.Items()[0])
}

// equalAcross compares values of two kinds.
func equalAcross(a, b Value) bool {
	switch ca, cb := class(a.kind), class(b.kind); {
	case ca != cb:
		return false
	case ca == classSeq:
		return slices.EqualFunc(a.Items(), b.Items(), Equal)
	case ca == classNumber:
		return compareNumbers(a, b) == 0
	}
	return false
}

// equalSorted compares sets (step 1) or maps (step 2) of one size.
func equalSorted(a, b []Value, step int) bool {
	ia, ib := order(a, step), order(b, step)
	for i := range ia {
		for k := range step {
			if !Equal(a[ia[i]+k], b[ib[i]+k]) {
				return false
			}
		}
	}
	return true
}

// order is the indexes of the elements or keys in the order of Compare.
func order(items []Value, step int) []int {
	ix := make([]int, 0, len(items)/step)
	for i := 0; i < len(items); i += step {
		ix = append(ix, i)
	}
	slices.SortFunc(ix, func(i, j int) int { return Compare(items[i], items[j]) })
	return ix
}

// The classes in which kinds are compared by value, in order.
const (
	classNil = iota
	classBool
	classNumber
	classChar
	classString
	classKeyword
	classSymbol
	classSeq
	classSet
	classMap
	classInst
	classUUID
	classBytes
	classTagged
)

func class(k Kind) int {
	switch {
	case k <= Bool:
		return int(k)
	case k <= BigDec:
		return classNumber
	case k <= Symbol:
		return classChar + int(k-Char)
	case k <= Vector:
		return classSeq
	}
	return classSet + int(k-Set)
}

// Compare is a total order over all values; it is 0 exactly where Equal is
// true. Kinds follow each other as their constants do, lists among vectors and
// all numbers together. Numbers are compared by their exact number, and where
// that is the same an integer comes before a float before a decimal; NaN comes
// last. Text is compared by bytes, collections by size first, then by
// elements, those of sets and the keys of maps in rising order.
func Compare(a, b Value) int {
	ca, cb := class(a.kind), class(b.kind)
	if ca != cb {
		return cmp.Compare(ca, cb)
	}
	switch ca {
	case classNil:
		return 0
	case classBool, classChar:
		return cmp.Compare(a.num, b.num)
	case classNumber:
		return compareNumbers(a, b)
	case classInst:
		return cmp.Compare(a.Millis(), b.Millis())
	case classSeq:
		return compareItems(a.Items(), b.Items())
	case classSet:
		return compareSorted(a.Items(), b.Items(), 1)
	case classMap:
		return compareSorted(a.Items(), b.Items(), 2)
	case classTagged:
		if c := strings.Compare(a.Text(), b.Text()); c != 0 {
			return c
		}
		return Compare(a.Items()[0], b.Items()[0])
	}
	return strings.Compare(a.Text(), b.Text())
}

func compareItems(a, b []Value) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return slices.CompareFunc(a, b, Compare)
}

// compareSorted compares the elements of sets or the keys of maps in their
// order, then the values of maps in the order of the keys.
func compareSorted(a, b []Value, step int) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	ia, ib := order(a, step), order(b, step)
	for k := range step {
		for i := range ia {
			if c := Compare(a[ia[i]+k], b[ib[i]+k]); c != 0 {
				return c
			}
		}
	}
	return 0
}

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
