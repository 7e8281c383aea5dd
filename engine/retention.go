package engine

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Retention says which commits GC keeps of the history of each branch and tag: every one when it is zero.
// What a branch or a tag points at is always kept. With each commit that is kept go the older ones that it is replayed
// from, back to the newest whose nodes are stored: at most 63 after ordinary transactions, more where Tidy has thinned those out.
type Retention struct {
	Last   int       // the newest so many
	Since  time.Time // and those that are not older
	Purged bool      // none from before a purge: they have what was purged
}

// keeps tells whether the nth commit of a history is kept, where nothing else decides.
func (r Retention) keeps(n int, c Commit) bool {
	if r.Last == 0 && r.Since.IsZero() {
		return true
	}
	return n < r.Last || !r.Since.IsZero() && !c.At.Before(r.Since)
}

// history yields those commits that head reaches and r keeps, each once, the ones with the greatest t first. Parents that an earlier GC has dropped are not there.
// missing tells which blocks are missing on purpose.
func (r Retention) history(ctx context.Context, g cas.Getter, head Commit, missing func(cid.Cid) bool, visit func(Commit) (goOn bool)) error {
	todo := commitHeap{{head, true}}
	seen := map[cid.Cid]bool{head.ID: true}
	for n := 0; len(todo) > 0; n++ {
		next := heap.Pop(&todo).(awaited)
		c := next.Commit
		if !next.needed && !r.keeps(n, c) {
			continue
		}
		if !visit(c) || r.Purged && c.Purged > 0 {
			continue
		}
		for i, id := range c.Parents {
			if seen[id] {
				continue
			}
			seen[id] = true
			p, err := ReadCommit(ctx, g, id)
			if errors.Is(err, ErrPruned) {
				continue
			}
			if err != nil {
				return err
			}
			heap.Push(&todo, awaited{p, i == 0 && (c.Tail > 0 || missing(c.Base))})
		}
	}
	return nil
}

// awaited is a commit whose turn is to come; needed to open one that came before.
type awaited struct {
	Commit
	needed bool
}

type commitHeap []awaited

func (h commitHeap) Len() int { return len(h) }
func (h commitHeap) Less(i, j int) bool {
	return h[i].T > h[j].T || h[i].T == h[j].T && h[i].ID.KeyString() < h[j].ID.KeyString()
}
func (h commitHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *commitHeap) Push(x any)   { *h = append(*h, x.(awaited)) }
func (h *commitHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
