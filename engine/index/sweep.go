package index

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// sweepers is how many nodes a sweep loads at once: enough to keep several processors
// decoding, and a remote store answering.
const sweepers = 8

// Sweep yields all entries in rising order, a leaf at a time, as Scan does without bounds. It
// loads several leaves at once, and so more than are looked at when the caller stops early.
func (t Tree) Sweep(ctx context.Context) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) {
		t, err := t.readable(ctx)
		if err != nil {
			yield(Run{}, err)
			return
		}
		if t.root.empty() {
			return
		}
		d, err := t.top(ctx)
		if err != nil {
			yield(Run{}, err)
			return
		}
		t.sweep(ctx, d, yield)
	}
}

func (t Tree) sweep(ctx context.Context, d *node, yield func(Run, error) bool) bool {
	if d.level == 0 {
		return d.leaf.Len() == 0 || yield(Run{Leaf: d.leaf, Hi: d.leaf.Len()}, nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := t.loading(ctx, d)
	defer l.wait()
	defer cancel()
	for i := range d.subs {
		c, err := l.child(i)
		if err != nil {
			yield(Run{}, err)
			return false
		}
		if !t.sweep(ctx, c, yield) {
			return false
		}
	}
	return true
}

// loading is the children of a branch on their way.
type loading struct {
	children []chan loaded
	workers  sync.WaitGroup
}

type loaded struct {
	node *node
	err  error
}

func (t Tree) loading(ctx context.Context, d *node) *loading {
	l := &loading{children: make([]chan loaded, len(d.subs))}
	for i := range l.children {
		l.children[i] = make(chan loaded, 1)
	}
	workers := sweepers
	if d.level > 1 {
		workers = 1 // the leaves below are what takes time
	}
	var next atomic.Int64
	for range min(workers, len(d.subs)) {
		l.workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(d.subs); i = int(next.Add(1)) - 1 {
				c, err := t.child(ctx, d, i)
				l.children[i] <- loaded{c, err}
				if err != nil {
					return
				}
			}
		})
	}
	return l
}

// child waits for a child. They must be asked for in order, and none after one that failed.
func (l *loading) child(i int) (*node, error) {
	c := <-l.children[i]
	return c.node, c.err
}

func (l *loading) wait() { l.workers.Wait() }
