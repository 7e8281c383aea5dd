package engine

import "context"

// afterValue follows every key that begins with an exact value: what comes after
// a value in a key is the length of a number, at most 8, and what continues a string is more.
const afterValue = 9

// datomPrefix begins all keys of EAVT with this entity and attribute.
func datomPrefix(e, a ID) []byte {
	return appendUint(appendUint(nil, uint64(e)), uint64(a-dbPart))
}

// prefixEnd is the first key after all that begin with prefix, nil when there is none.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for len(end) > 0 {
		if last := len(end) - 1; end[last] < 0xff {
			end[last]++
			return end
		}
		end = end[:len(end)-1]
	}
	return nil
}

// collect appends the datoms of a tree with lo <= key < hi. Their attribute is 0 in
// a tree of one attribute.
func collect(ctx context.Context, dst []Datom, t tree, lo, hi []byte) ([]Datom, error) {
	if t.n == 0 {
		return dst, nil
	}
	for run, err := range t.Scan(ctx, lo, hi) {
		if err != nil {
			return dst, err
		}
		leaf := run.Leaf.(*datomLeaf)
		for i := run.Lo; i < run.Hi; i++ {
			dst = append(dst, leaf.datom(i))
		}
	}
	return dst, nil
}

// valuePrefix begins all keys of AVET with this value.
func valuePrefix(v Value) []byte { return appendValue(nil, v) }

// valueEnd follows all keys of AVET with this value.
func valueEnd(v Value) []byte { return append(appendValue(nil, v), afterValue) }
