package engine

import (
	"encoding/binary"
	"fmt"
	"sort"
	"unsafe"

	"github.com/dhfs/dhfs/cas/dagcbor"
	"github.com/dhfs/dhfs/engine/index"
)

// nameLayout lays out the leaves of the names index: the key is a file name, the
// payload an entity, the newest t and a digest. FORMAT.md, "Names leaves".
type nameLayout struct{}

func (nameLayout) Kind() uint64 { return 7 }

// Fixed counts the digest, the deltas of the entity and of t, and some of the name, of which
// most is shared with the name before it, but written again.
func (nameLayout) Fixed() int { return 16 }

func (nameLayout) Sums() bool { return true }

// nameEntry is the payload of a name.
type nameEntry struct {
	id     ID
	newest uint64
	digest uint64
}

func (n nameEntry) appendTo(dst []byte) []byte {
	dst = appendUint(appendUint(dst, uint64(n.id)), n.newest)
	return binary.BigEndian.AppendUint64(dst, n.digest)
}

func parseNameEntry(val string) (nameEntry, error) {
	r := keyReader{rest: val}
	n := nameEntry{id: ID(r.uint()), newest: r.uint()}
	for range 8 {
		n.digest = n.digest<<8 | uint64(r.byte())
	}
	return n, r.done()
}

// Encode writes [7, 0, n, [name…], [Δentity…], [Δnewest…], digests of 8 bytes each].
func (l nameLayout) Encode(run []index.Entry) ([]byte, error) {
	n := len(run)
	ids, newest, digests := make([]ID, n), make([]uint64, n), make([]byte, 0, 8*n)
	dst := dagcbor.AppendArray(make([]byte, 0, 40*n), 7)
	dst = dagcbor.AppendUint(dagcbor.AppendUint(dst, l.Kind()), 0)
	dst = dagcbor.AppendArray(dagcbor.AppendUint(dst, uint64(n)), n)
	for i, e := range run {
		entry, err := parseNameEntry(aliased(e.Val))
		if err != nil {
			return nil, fmt.Errorf("name %q: %w", e.Key, err)
		}
		dst = dagcbor.AppendText(dst, aliased(e.Key))
		ids[i], newest[i] = entry.id, entry.newest
		digests = binary.BigEndian.AppendUint64(digests, entry.digest)
	}
	dst = appendDeltas(appendDeltas(dst, ids), newest)
	return dagcbor.AppendBytes(dst, digests), nil
}

// Decode reads what Encode wrote, strictly. Names alias data.
func (l nameLayout) Decode(data []byte) (index.Leaf, error) {
	r := dagcbor.NewReader(data)
	items, kind, level, n := r.Array(), r.Uint(), r.Uint(), r.Uint()
	if r.Err() == nil && (items != 7 || kind != l.Kind() || level != 0 || n == 0 || n > uint64(len(data))) {
		return nil, fmt.Errorf("leaf of %d items, kind %d, level %d and %d names is none of names", items, kind, level, n)
	}
	leaf := &nameLeaf{size: len(data)}
	if isList(r, int(n)) {
		leaf.names = make([]string, n)
		for i := range leaf.names {
			leaf.names[i] = r.Text()
			if i > 0 && leaf.names[i] <= leaf.names[i-1] {
				r.Fail("names do not rise")
			}
		}
	}
	leaf.ids = readDeltas[ID](r, int(n), false)
	leaf.newest = readDeltas[uint64](r, int(n), false)
	leaf.digests = r.Bytes()
	if r.Err() == nil && len(leaf.digests) != 8*int(n) {
		r.Fail("not one digest for every name")
	}
	for _, t := range leaf.newest {
		leaf.max = max(leaf.max, t)
	}
	return leaf, r.Done()
}

// nameLeaf is a decoded leaf of the names index.
type nameLeaf struct {
	names   []string
	ids     []ID
	newest  []uint64
	digests []byte
	max     uint64
	size    int
}

func (f *nameLeaf) Len() int    { return len(f.names) }
func (f *nameLeaf) Max() uint64 { return f.max }

func (f *nameLeaf) Bytes() int { return f.size + len(f.names)*(16+8+8) + int(unsafe.Sizeof(*f)) }

func (f *nameLeaf) AppendKey(dst []byte, i int) []byte { return append(dst, f.names[i]...) }

func (f *nameLeaf) AppendVal(dst []byte, i int) []byte { return f.entry(i).appendTo(dst) }

func (f *nameLeaf) Search(key []byte) int { return sort.SearchStrings(f.names, string(key)) }

func (f *nameLeaf) entry(i int) nameEntry {
	return nameEntry{f.ids[i], f.newest[i], binary.BigEndian.Uint64(f.digests[8*i:])}
}
