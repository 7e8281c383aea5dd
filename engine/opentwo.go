package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// OpenToCompare opens two commits of one store for Diff and Changes. The values are those that Open gives, but nobody has looked whether the transactions since
// the stored snapshots lead to the roots that the commits tell: to do them again takes more blocks than to compare what they say. Check tells, and so does
// whatever makes the trees. What both commits have in common is read once.
func OpenToCompare(ctx context.Context, g cas.Getter, a, b cid.Cid) (before, after DB, err error) {
	e := envOf(g)
	commits := [2]Commit{}
	for i, id := range []cid.Cid{a, b} {
		if commits[i], err = ReadCommit(ctx, e, id); err != nil {
			return DB{}, DB{}, fmt.Errorf("open: %w", err)
		}
	}
	// The older one mostly lies on the way back from the newer one.
	newer := 0
	if commits[1].T > commits[0].T {
		newer = 1
	}
	var dbs [2]DB
	var beside *tail
	for _, i := range []int{newer, 1 - newer} {
		t := &tail{env: e, beside: beside}
		if dbs[i].s, err = t.view(ctx, commits[i]); err != nil {
			return DB{}, DB{}, fmt.Errorf("open: %w", err)
		}
		beside = t
	}
	return dbs[0], dbs[1], nil
}

// madeBy is the commit of a step, and how large the blocks of its transaction are.
type madeBy struct {
	commit cid.Cid
	size   int
}

// find is which step of t leads to c, or -1.
func (t *tail) find(c Commit) int {
	if t == nil {
		return -1
	}
	return slices.IndexFunc(t.made, func(by madeBy) bool { return by.commit == c.ID })
}

// has tells whether t comes by c.
func (t *tail) has(c Commit) bool { return t.find(c) >= 0 }

// join takes what leads to c from the tail beside t, where that comes by c.
func (t *tail) join(c Commit) bool {
	other := t.beside
	last := other.find(c)
	if last < 0 {
		return false
	}
	for i := last; i >= 0; i-- {
		t.add(other.steps[i], other.made[i])
	}
	t.start, t.thinned = other.start, t.thinned || other.thinned
	return true
}
