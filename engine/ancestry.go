package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// ErrUnrelated says that two commits have no ancestor in common.
var ErrUnrelated = errors.New("no commit that both come from")

// MergeBase is the newest commit that both a and b come from, by any of their parents; it is a or b itself where one
// comes from the other. Reads as many commits as are newer than it. The error wraps ErrUnrelated when there is none.
func MergeBase(ctx context.Context, g cas.Getter, a, b Commit) (Commit, error) {
	p := painter{from: map[cid.Cid]lineage{}}
	p.paint(a, lineageA)
	p.paint(b, lineageB)
	for p.queue.Len() > 0 {
		c := heap.Pop(&p.queue).(Commit)
		from := p.from[c.ID]
		if from == lineageA|lineageB {
			return c, nil
		}
		for _, id := range c.Parents {
			if known, seen := p.from[id]; seen {
				p.from[id] = known | from
				continue
			}
			parent, err := ReadCommit(ctx, g, id)
			if err != nil {
				return Commit{}, err
			}
			p.paint(parent, from)
		}
	}
	return Commit{}, fmt.Errorf("commits %s and %s: %w", a.ID, b.ID, ErrUnrelated)
}

// Contains tells whether ancestor is head or a commit that head comes from.
func Contains(ctx context.Context, g cas.Getter, head, ancestor Commit) (bool, error) {
	c, err := MergeBase(ctx, g, head, ancestor)
	if errors.Is(err, ErrUnrelated) {
		return false, nil
	}
	return c.ID == ancestor.ID, err
}

// lineage says which of two commits another one is an ancestor of.
type lineage uint8

const (
	lineageA lineage = 1 << iota
	lineageB
)

// painter goes from two commits to their ancestors, newest first. A commit is younger than all of its parents, so that
// the first one that both lineages reach is the newest.
type painter struct {
	from  map[cid.Cid]lineage
	queue commitQueue
}

func (p *painter) paint(c Commit, from lineage) {
	known, seen := p.from[c.ID]
	p.from[c.ID] = known | from
	if !seen {
		heap.Push(&p.queue, c)
	}
}

// commitQueue has the newest commit in front. The first commit of a database comes last: facts may
// be given times from before it.
type commitQueue []Commit

func (q commitQueue) Len() int { return len(q) }

func (q commitQueue) Less(i, j int) bool {
	a, b := &q[i], &q[j]
	if first := len(a.Parents) == 0; first != (len(b.Parents) == 0) {
		return !first
	}
	return a.At.After(b.At)
}

func (q commitQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *commitQueue) Push(x any) { *q = append(*q, x.(Commit)) }

func (q *commitQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
