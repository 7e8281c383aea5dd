package engine

import (
	"bytes"

	"github.com/dhfs/dhfs/cas/dagcbor"
)

// The columns of leaves and transactions, as lists of native dag-cbor items.

// appendDeltas writes a list of numbers, each as the difference to the one before it.
func appendDeltas[N ~uint64](dst []byte, col []N) []byte {
	dst = dagcbor.AppendArray(dst, len(col))
	var prev N
	for _, n := range col {
		dst = dagcbor.AppendInt(dst, int64(n-prev))
		prev = n
	}
	return dst
}

// readDeltas reads n numbers; rising ones may stay equal but not fall.
func readDeltas[N ~uint64](r *dagcbor.Reader, n int, rising bool) []N {
	if !isList(r, n) {
		return nil
	}
	col := make([]N, n)
	var prev N
	for i := range col {
		delta := r.Int()
		if rising && delta < 0 {
			r.Fail("column falls")
		}
		prev += N(delta)
		col[i] = prev
	}
	return col
}

// isList reads the head of a list of n items and complains of any other.
func isList(r *dagcbor.Reader, n int) bool {
	if got := r.Array(); r.Err() == nil && got != n {
		r.Fail("column is not as long as the others")
	}
	return r.Err() == nil
}

// appendAttributeDeltas writes attributes as distances from the beginning of their partition.
func appendAttributeDeltas(dst []byte, col []ID) []byte {
	dst = dagcbor.AppendArray(dst, len(col))
	prev := dbPart
	for _, a := range col {
		dst = dagcbor.AppendInt(dst, int64(a-prev))
		prev = a
	}
	return dst
}

func readAttributeDeltas(r *dagcbor.Reader, n int) []ID {
	col := readDeltas[ID](r, n, false)
	for i := range col {
		col[i] += dbPart
	}
	return col
}

// appendValues writes the kinds, as one number when they are all the same and
// else as one byte each, and the list of values.
func appendValues(dst []byte, col []Value) []byte {
	kinds := make([]byte, len(col))
	for i, v := range col {
		kinds[i] = byte(v.kind)
	}
	if isUniform(kinds) {
		dst = dagcbor.AppendUint(dst, uint64(kinds[0]))
	} else {
		dst = dagcbor.AppendBytes(dst, kinds)
	}
	dst = dagcbor.AppendArray(dst, len(col))
	for _, v := range col {
		dst = appendItem(dst, v)
	}
	return dst
}

func isUniform(kinds []byte) bool {
	return len(kinds) > 0 && bytes.Count(kinds, kinds[:1]) == len(kinds)
}

func readValues(r *dagcbor.Reader, n int) []Value {
	kinds := readKinds(r, n)
	if !isList(r, n) {
		return nil
	}
	col := make([]Value, n)
	for i := range col {
		k := kinds[0]
		if len(kinds) > 1 {
			k = kinds[i]
		}
		col[i] = readItem(r, Kind(k))
	}
	return col
}

// readKinds returns one kind for all or n kinds.
func readKinds(r *dagcbor.Reader, n int) []byte {
	if r.Peek() == dagcbor.Uint {
		k := r.Uint()
		if k == uint64(NilKind) || k > uint64(RefKind) {
			r.Fail("no such kind of value")
		}
		return []byte{byte(k)}
	}
	kinds := r.Bytes()
	if r.Err() == nil && (len(kinds) != n || isUniform(kinds) || bytes.IndexByte(kinds, byte(NilKind)) >= 0) {
		r.Fail("not one kind for every value")
	}
	return kinds
}

// appendRetracted writes a bit for every datom, set where it was retracted; the lowest bit first.
func appendRetracted(dst []byte, added []bool) []byte {
	bits := make([]byte, (len(added)+7)/8)
	for i, a := range added {
		if !a {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return dagcbor.AppendBytes(dst, bits)
}

func readRetracted(r *dagcbor.Reader, n int) []bool {
	bits := r.Bytes()
	if r.Err() != nil {
		return nil
	}
	if len(bits) != (n+7)/8 || n%8 != 0 && bits[n/8]>>(n%8) != 0 {
		r.Fail("not one bit for every datom")
		return nil
	}
	added := make([]bool, n)
	for i := range added {
		added[i] = bits[i/8]&(1<<(i%8)) == 0
	}
	return added
}
