package engine

import (
	"slices"
	"sync"
	"sync/atomic"
)

// lates are the values of old commits that were used last, the newest first. Each of them has read transactions and made nodes that no
// other has, so whoever walks through a long history would keep all of that: once it is more than limit, those that were not used for longest
// give theirs up, and read and make it again when they are asked.
type lates struct {
	limit int64 // bytes, about
	last  atomic.Pointer[late]

	mu  sync.Mutex
	all []*late
}

// keptLates is how many keep what they have however much it is: a comparison needs two.
const keptLates = 2

// use notes that l is used.
func (r *lates) use(l *late) {
	if r == nil || r.last.Load() == l {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Store(l)
	if i := slices.Index(r.all, l); i >= 0 {
		r.all = slices.Delete(r.all, i, i+1)
	}
	r.all = slices.Insert(r.all, 0, l)
	var sum int64
	for i, x := range r.all {
		if sum += x.bytes.Load(); sum <= r.limit || i < keptLates {
			continue
		}
		for _, old := range r.all[i:] {
			old.drop()
		}
		clear(r.all[i:])
		r.all = r.all[:i]
		return
	}
}
