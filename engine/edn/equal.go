package edn

import (
	"cmp"
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
