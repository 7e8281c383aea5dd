package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sort"

	"github.com/dhfs/dhfs/cas/dagcbor"
)

// plain is a layout of byte keys and byte values:
// [kind, 0, n, [[shared…], [length…], suffixes], [value length…], values].
// With sums, the aggregate is the value's first eight bytes as a number.
type plain struct {
	kind uint64
	sums bool
}

func (p plain) Kind() uint64 { return p.kind }
func (p plain) Fixed() int   { return 11 }
func (p plain) Sums() bool   { return p.sums }

func (p plain) Encode(run []Entry) ([]byte, error) {
	vals := make([]byte, 0, 16*len(run))
	for _, e := range run {
		vals = append(vals, e.Val...)
	}
	dst := make([]byte, 0, 16*len(run)+len(vals)+64)
	dst = dagcbor.AppendArray(dst, 6)
	dst = dagcbor.AppendUint(dst, p.kind)
	dst = dagcbor.AppendUint(dst, 0)
	dst = dagcbor.AppendUint(dst, uint64(len(run)))
	dst = appendKeys(dst, len(run), func(i int) []byte { return run[i].Key })
	dst = dagcbor.AppendArray(dst, len(run))
	for _, e := range run {
		dst = dagcbor.AppendUint(dst, uint64(len(e.Val)))
	}
	return dagcbor.AppendBytes(dst, vals), nil
}

func (p plain) Decode(data []byte) (Leaf, error) {
	r := dagcbor.NewReader(data)
	if r.Array() != 6 || r.Uint() != p.kind || r.Uint() != 0 {
		return nil, strict(r, "not a leaf of this kind")
	}
	n := r.Uint()
	if n == 0 || n > uint64(len(data)) {
		return nil, strict(r, "no entries, or too many")
	}
	k, err := decodeKeys(r, int(n))
	if err != nil {
		return nil, err
	}
	l := &plainLeaf{keys: k, ends: make([]int, n), sums: p.sums}
	if r.Array() != int(n) {
		return nil, strict(r, "not one value for every key")
	}
	end := uint64(0)
	for i := range l.ends {
		if end += r.Uint(); end > uint64(len(data)) {
			return nil, errors.New("value too long")
		}
		l.ends[i] = int(end)
	}
	if l.vals = r.Bytes(); uint64(len(l.vals)) != end {
		return nil, strict(r, "values of another length")
	}
	return l, r.Done()
}

type plainLeaf struct {
	keys keys
	ends []int
	vals []byte
	sums bool
}

func (l *plainLeaf) Len() int                           { return len(l.ends) }
func (l *plainLeaf) AppendKey(dst []byte, i int) []byte { return append(dst, l.keys.at(i)...) }
func (l *plainLeaf) AppendVal(dst []byte, i int) []byte { return append(dst, l.val(i)...) }
func (l *plainLeaf) Bytes() int                         { return len(l.keys.buf) + 12*len(l.ends) + len(l.vals) }

func (l *plainLeaf) Search(key []byte) int {
	return sort.Search(l.Len(), func(i int) bool { return bytes.Compare(l.keys.at(i), key) >= 0 })
}

func (l *plainLeaf) val(i int) []byte {
	if i == 0 {
		return l.vals[:l.ends[0]]
	}
	return l.vals[l.ends[i-1]:l.ends[i]]
}

func (l *plainLeaf) Max() (most uint64) {
	for i := range l.ends {
		most = max(most, sumOf(l.val(i)))
	}
	return most
}

func sumOf(val []byte) uint64 {
	var word [8]byte
	copy(word[:], val)
	return binary.BigEndian.Uint64(word[:])
}
