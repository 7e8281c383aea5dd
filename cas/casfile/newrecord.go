package casfile

import (
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// record is one that is being made, by the holder of the lock, who knows all
// that is in the store.
type record struct {
	s       *Store
	moves   []refMove
	entries []*entry
	known   map[key]bool // what entries holds, once they are more than one
}

// add takes in a request; nothing of it when its ref is elsewhere.
func (r *record) add(q *request) error {
	if q.epoch != r.s.list.epoch {
		if q.bound {
			return errCollected
		}
		q.blocks = q.all
	}
	if q.ref != "" && r.ref(q.ref) != q.old {
		return fmt.Errorf("ref %s: %w", q.ref, cas.ErrConflict)
	}
	if err := r.checkTarget(q); err != nil {
		return err
	}
	for i := range q.blocks {
		if err := r.addBlock(&q.blocks[i]); err != nil {
			return err
		}
	}
	if q.ref != "" && q.next != q.old {
		r.moves = append(r.moves, refMove{q.ref, q.next})
	}
	return nil
}

// errCollected says that what a writer counted on may have been garbage.
var errCollected = fmt.Errorf("garbage was removed meanwhile: %w", cas.ErrConflict)

// checkTarget refuses to set a ref to what may have been removed as garbage since its writer looked.
func (r *record) checkTarget(q *request) error {
	k, ok := keyOf(q.next)
	if r.s.list.epoch == 0 || !ok || r.known[k] || slices.ContainsFunc(q.blocks, func(e entry) bool { return e.key == k }) {
		return nil
	}
	at, err := r.s.find(k)
	if err == nil && at.pack == nil {
		err = errCollected
	}
	return err
}

// ref is where a ref points after the moves so far.
func (r *record) ref(name string) cid.Cid {
	for i := len(r.moves) - 1; i >= 0; i-- {
		if r.moves[i].name == name {
			return r.moves[i].id
		}
	}
	return r.s.journal.refs[name]
}

// addBlock takes in a block that is neither in the store nor in the record.
func (r *record) addBlock(e *entry) error {
	if r.known[e.key] {
		return nil
	}
	at, err := r.s.find(e.key)
	if err != nil || at.pack != nil {
		return err
	}
	if r.known == nil {
		r.known = map[key]bool{}
	}
	r.known[e.key] = true
	r.entries = append(r.entries, e)
	return nil
}

// layout appends the record to dst as it will lie behind m, and returns what a
// walk over it would gather.
func (r *record) layout(dst []byte, id identity, m mark) ([]byte, harvest) {
	start := len(dst)
	dst = append(dst, make([]byte, recordHead)...)
	dst = appendRefs(dst, r.moves)
	h := harvest{refs: r.moves, found: make([]found, 0, len(r.entries))}
	for _, e := range r.entries {
		at := span{off: uint32(m.end + int64(len(dst)-start)), size: uint32(len(e.pack()))}
		h.found = append(h.found, found{key: e.key, at: at, size: uint64(e.size)})
		dst = append(dst, e.pack()...)
	}
	sum := id.finish(dst[start:], m.end, m.sum)
	h.mark = mark{end: m.end + int64(len(dst)-start), last: m.end, sum: sum}
	return dst, h
}
