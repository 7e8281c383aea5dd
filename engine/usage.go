package engine

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/dhfs/dhfs/cas"
	"github.com/ipfs/go-cid"
)

// Amount is how much of a store something takes.
type Amount struct {
	Blocks int
	Bytes  int64 // in the storage
}

func (a *Amount) add(bytes int64) {
	a.Blocks++
	a.Bytes += bytes
}

// Usage is what a store holds.
type Usage struct {
	Live    Amount // what the branches and tags show
	History Amount // what only their older commits show
	Garbage Amount // what nothing leads to; something of it may be pinned
}

// Measure reads all that the refs reach. progress, unless it is nil, is told now and then how much was read.
func Measure(ctx context.Context, s cas.RefStore, progress func(bytes int64)) (Usage, error) {
	var u Usage
	now, err := liveOf(ctx, s, Retention{Last: 1}, progress)
	if err != nil {
		return u, err
	}
	all, err := liveOf(ctx, s, Retention{}, progress)
	if err != nil {
		return u, err
	}
	for block, err := range allSizes(ctx, s, func(cid.Cid) bool { return true }) {
		if err != nil {
			return u, err
		}
		switch {
		case now.has(block.id):
			u.Live.add(block.size)
		case all.has(block.id):
			u.History.add(block.size)
		default:
			u.Garbage.add(block.size)
		}
	}
	return u, nil
}

// sized is a block and what it takes.
type sized struct {
	id   cid.Cid
	size int64
}

// sizeBatch is how many sizes are asked for at once.
const sizeBatch = 500

// allSizes yields all blocks of a store that are wanted, but for garbage that is removed meanwhile.
func allSizes(ctx context.Context, s cas.RefStore, wanted func(cid.Cid) bool) iter.Seq2[sized, error] {
	return func(yield func(sized, error) bool) {
		var ids []cid.Cid
		ask := func() bool {
			sizes, err := cas.SizesOf(ctx, s, ids)
			if err != nil {
				yield(sized{}, err)
				return false
			}
			for i, size := range sizes {
				if size >= 0 && !yield(sized{ids[i], size}, nil) {
					return false
				}
			}
			ids = ids[:0]
			return true
		}
		for id, err := range s.All(ctx) {
			if err != nil {
				yield(sized{}, err)
				return
			}
			if !wanted(id) {
				continue
			}
			if ids = append(ids, id); len(ids) == sizeBatch && !ask() {
				return
			}
		}
		ask()
	}
}

// liveOf is what the refs hold under a retention.
func liveOf(ctx context.Context, s cas.RefStore, keep Retention, progress func(bytes int64)) (*live, error) {
	l, err := newLive(ctx, s, keep, progress)
	if err != nil {
		return nil, err
	}
	refs, err := s.Refs(ctx)
	if err != nil {
		return nil, err
	}
	return l, l.add(ctx, refs, nil)
}

// Dropped is garbage that one commit leads to and no younger one does.
type Dropped struct {
	Commit Commit // the zero Commit for what no commit leads to
	Amount
}

// Garbage tells what GC would remove if nothing is pinned, the youngest commits first, what is of no commit last.
func Garbage(ctx context.Context, s cas.RefStore, keep Retention, progress func(bytes int64)) ([]Dropped, error) {
	l, err := liveOf(ctx, s, keep, progress)
	if err != nil {
		return nil, err
	}
	g := garbage{store: s, sizes: map[cid.Cid]int64{}, commits: map[cid.Cid]bool{}}
	for block, err := range allSizes(ctx, s, func(id cid.Cid) bool { return !l.has(id) }) {
		if err != nil {
			return nil, err
		}
		g.sizes[block.id] = block.size
	}
	return g.byCommit(ctx)
}

// garbage is what is not live.
type garbage struct {
	store   cas.RefStore
	sizes   map[cid.Cid]int64 // of what was not counted yet
	commits map[cid.Cid]bool
}

func (g *garbage) byCommit(ctx context.Context) ([]Dropped, error) {
	var all []Dropped
	for id := range g.sizes {
		c, err := ReadCommit(ctx, g.store, id)
		if errors.Is(err, errNoCommit) {
			continue
		}
		if err != nil {
			return nil, err
		}
		g.commits[id] = true
		all = append(all, Dropped{Commit: c})
	}
	slices.SortFunc(all, func(a, b Dropped) int {
		return cmp.Or(cmp.Compare(b.Commit.T, a.Commit.T), b.Commit.At.Compare(a.Commit.At), cmp.Compare(a.Commit.ID.KeyString(), b.Commit.ID.KeyString()))
	})
	for i := range all {
		if err := g.count(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	var rest Dropped
	for _, size := range g.sizes {
		rest.add(size)
	}
	if rest.Blocks > 0 {
		all = append(all, rest)
	}
	return all, nil
}

// count takes what a commit leads to, other commits and theirs left out.
func (g *garbage) count(ctx context.Context, d *Dropped) error {
	skip := func(id cid.Cid) bool {
		_, counts := g.sizes[id]
		return !counts || g.commits[id] && id != d.Commit.ID
	}
	for b, err := range cas.Walk(ctx, g.store, []cid.Cid{d.Commit.ID}, skip) {
		if err != nil {
			return err
		}
		d.add(g.sizes[b.CID()])
		delete(g.sizes, b.CID())
	}
	return nil
}
