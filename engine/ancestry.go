package engine

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// ErrUnrelated says that two commits have no ancestor in common.
var ErrUnrelated = errors.New("no commit that both come from")

// MergeBase is the newest commit that both a and b come from, by any of their parents; it is a or b itself where one
// comes from the other. Reads as many commits as are newer than it. The error wraps ErrUnrelated when there is none.
func MergeBase(ctx context.Context, g cas.Getter, a, b Commit) (Commit, error) {
	all, err := mergeBases(ctx, g, []Commit{a}, []Commit{b})
	if err != nil {
		return Commit{}, err
	}
	return all[0], nil
}

// mergeBases are the commits that some of as and some of bs come from, but none of the others does: several where two lines merged with
// each other in both directions. The newest is the first.
func mergeBases(ctx context.Context, g cas.Getter, as, bs []Commit) (bases []Commit, err error) {
	p := painter{from: map[cid.Cid]lineage{}}
	for _, a := range as {
		p.paint(a, lineageA)
	}
	for _, b := range bs {
		p.paint(b, lineageB)
	}
	for p.undecided() {
		c := heap.Pop(&p.queue).(Commit)
		from := p.from[c.ID]
		if from == lineageA|lineageB {
			bases = append(bases, c)
			from |= passed
			if !p.undecided() {
				break
			}
		}
		for _, id := range c.Parents {
			if known, seen := p.from[id]; seen {
				p.from[id] = known | from
				continue
			}
			parent, err := ReadCommit(ctx, g, id)
			if err != nil {
				return nil, err
			}
			p.paint(parent, from)
		}
	}
	if len(bases) == 0 {
		return nil, fmt.Errorf("commits %s and %s: %w", as[0].ID, bs[0].ID, ErrUnrelated)
	}
	return bases, nil
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
	passed // an ancestor of a commit that both come from
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

// undecided tells whether the queue has a commit that may be, or lead to, another one that both come from.
func (p *painter) undecided() bool {
	return slices.ContainsFunc(p.queue, func(c Commit) bool { return p.from[c.ID]&passed == 0 })
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
