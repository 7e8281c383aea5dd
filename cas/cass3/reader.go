package cass3

import "encoding/binary"

// reader reads numbers; bad tells that the data was not such.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// take returns the next n bytes, nil when there are not so many.
func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.data) {
		r.bad, r.data = true, nil
		return nil
	}
	taken := r.data[:n:n]
	r.data = r.data[n:]
	return taken
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) id() (p packID) {
	copy(p[:], r.take(len(p)))
	return p
}

// count reads how many of something follow, each of at least one byte.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) hints(self packID) []location {
	hints := make([]location, r.count())
	var before location
	var others []packID
	for i := range hints {
		size := r.uvarint()
		if size == 0 || r.bad {
			continue
		}
		at := location{size: uint32(size)}
		switch p := r.uvarint(); {
		case p == hintNext:
			at.pack, at.off = before.pack, before.end()
		case p == hintHere:
			at.pack, at.off = self, uint32(r.uvarint())
		case p == hintOther:
			at.pack = r.id()
			others = append(others, at.pack)
			at.off = uint32(r.uvarint())
		case p-hintKnown < uint64(len(others)):
			at.pack, at.off = others[p-hintKnown], uint32(r.uvarint())
		default:
			r.bad = true
		}
		hints[i], before = at, at
	}
	return hints
}
