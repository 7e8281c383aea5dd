package casfile

import (
	"errors"
	"fmt"
	"sync"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// request is what one caller wants appended.
type request struct {
	all    []entry // what is to be there afterwards
	blocks []entry // those that were not known to be safe when garbage had been removed epoch times
	epoch  uint64
	bound  bool  // it fails when garbage was removed since
	bytes  int64 // of the blocks before compression
	ref    string
	old    cid.Cid
	next   cid.Cid

	done chan struct{} // closed once err is final
	err  error
}

// entry is a block on its way into a record.
type entry struct {
	key    key
	data   []byte
	size   int    // of data
	stored []byte // as it will lie in the file; nil until it is needed
}

func (e *entry) pack() []byte {
	if e.stored == nil {
		e.stored = appendStored(make([]byte, 0, maxStoredHead+len(e.data)), e.key, e.data)
	}
	return e.stored
}

// newEntries refuses blocks that the files have no room for.
func newEntries(blocks []cas.Block) ([]entry, error) {
	entries := make([]entry, len(blocks))
	for i, b := range blocks {
		k, ok := keyOf(b.CID())
		switch {
		case !b.CID().Defined():
			return nil, errors.New("put: the zero block cannot be stored")
		case !ok:
			return nil, fmt.Errorf("put block %s: %w: a file store keeps CIDv1 with sha2-256 and a codec below 2^32", b.CID(), cas.ErrUnsupported)
		case len(b.Data()) > maxBlock:
			return nil, fmt.Errorf("put block %s: it has %d bytes, and %d is the most", b.CID(), len(b.Data()), maxBlock)
		}
		entries[i] = entry{key: k, data: b.Data(), size: len(b.Data())}
	}
	return entries, nil
}

// queue is what waits for the next append. Whoever has the turn takes all of
// it, so that many callers share one append and one fsync.
type queue struct {
	mu      sync.Mutex
	waiting []*request
}

func (q *queue) add(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
}

// take returns the oldest requests, as many as go into one record of limit bytes.
func (q *queue) take(limit int64) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, int64(0)
	for n < len(q.waiting) && (n == 0 || size+q.waiting[n].bytes <= limit) {
		size += q.waiting[n].bytes
		n++
	}
	taken := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return taken
}

// withdraw takes a request back; false says that it is being carried out.
func (q *queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == r {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}
